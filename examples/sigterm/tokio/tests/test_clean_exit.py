"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, os, till
asyncio.run(till.Till(os.devnull).close())
"""

# Not awaited: their results come while the loop closes, or Python ends.
PENDING = """
import asyncio, os, sys
from till import _native

async def main():
    for _ in range(50):
        _native.Till(os.devnull).sell("coffee")

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

STOPPED = """
import asyncio, os, signal, till

async def main():
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with till.Till(os.devnull) as open_till:
        await open_till.sell("coffee")
        signal.raise_signal(signal.SIGTERM)
        await stopping.wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, PENDING, STOPPED], ids=["awaited", "pending", "stopped"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
