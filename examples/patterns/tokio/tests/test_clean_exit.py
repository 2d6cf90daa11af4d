"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, rates

async def main():
    return await rates.rates([1]), await rates.in_task(1)

asyncio.run(main())
"""

CANCELLED = """
import asyncio, rates

async def main():
    for code in range(50):
        asyncio.ensure_future(rates.in_task(code))
    await asyncio.sleep(0)

asyncio.run(main())
"""

# A result may come after its loop has closed. The bridge then prints a traceback: no unclean exit.
BRIDGED = """
import asyncio, rates, sys
sys.excepthook = lambda *error: None

async def main():
    for code in range(50):
        asyncio.ensure_future(rates.rate(code))
    await asyncio.sleep(0)

asyncio.run(main())
"""

# This loop is not closed, so the answers may come while Python exits.
LEFT = """
import asyncio, rates, sys

async def main():
    await rates.rate(1)
    sys.modules["kept"] = [asyncio.ensure_future(rates.in_task(code)) for code in range(50)]
    await asyncio.sleep(0)

loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda *_: None)
loop.run_until_complete(main())
"""
PROGRAMS = {"awaited": AWAITED, "cancelled": CANCELLED, "bridged": BRIDGED, "left": LEFT}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
