"""Python exits cleanly after it has read a Rust stream, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio
from naive_streams import Sensor, Simple

async def main():
    assert await Simple(Sensor(1000)).__anext__() == 0

asyncio.run(main())
"""

# A result may come after its loop has closed. The bridge then prints a traceback: no unclean exit.
CANCELLED = """
import asyncio, sys
from naive_streams import Sensor, Simple

sys.excepthook = lambda *error: None

async def main():
    readings = Simple(Sensor(1000))
    futures = [readings.__anext__() for _ in range(50)]
    await asyncio.sleep(0)
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
