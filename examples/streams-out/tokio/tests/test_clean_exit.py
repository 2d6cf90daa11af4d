"""Python exits cleanly after it has read a Rust stream, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio
from sensor import channel

async def main():
    sensor, readings = channel()
    sensor.send(0)
    assert await readings.__anext__() == 0

asyncio.run(main())
"""

# A result may come after its loop has closed. The bridge then prints a traceback: no unclean exit.
CANCELLED = """
import asyncio, sys
from sensor import channel

sys.excepthook = lambda *error: None

async def main():
    sensor, readings = channel(ahead=100)
    tasks = [asyncio.ensure_future(readings.__anext__()) for _ in range(50)]
    await asyncio.sleep(0)
    for number in range(100):
        sensor.send(number)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
