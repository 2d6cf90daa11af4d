"""Python exits cleanly after listeners were called, or while some are, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio
from call_listeners import call_here, call_on_loop

async def main():
    await call_on_loop(prices.append)
    await call_here(prices.append)
    await asyncio.sleep(0)
    assert prices == [7, 7]

prices = []
asyncio.run(main())
"""

# Not awaited: the loop closes, and Python ends, while Rust calls.
PENDING = """
import asyncio, sys
from call_listeners import call_here, call_on_loop

async def main():
    for _ in range(200):
        call_here(lambda price: None)
        call_on_loop(lambda price: None)

sys.excepthook = lambda *error: None
asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, PENDING], ids=["awaited", "pending"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
