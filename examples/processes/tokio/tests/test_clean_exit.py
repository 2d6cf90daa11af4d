"""Python exits cleanly after an await of Rust, with a task of Rust, and in processes that are forked or not."""

import importlib.util

import pytest
from clean_exits import assert_clean_exits

# The task of the list waits for its next minute.
LISTED = """
import market
assert run(market.Shop().price("tea")) == 3
prices = market.PriceList()
assert run(prices.price("tea")) == 3
"""

# The runtime has not even started all its threads when Python ends.
AT_ONCE = """
import market
market.PriceList()
"""

# Not awaited: results come while the loop closes, when it is closed, and while Python ends.
PENDING = """
import sys
from market import _native

async def main():
    shop = _native.Shop()
    for _ in range(200):
        shop.price("tea")

sys.excepthook = lambda *error: None
run(main())
"""

FORKED = """
import os, sys, market
child = os.fork()
prices = market.PriceList()
assert run(prices.price("tea")) == 3
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

# The child has the list of its parent, and no thread that runs its task.
FORKED_AFTER_IT = """
import os, sys, warnings, market
warnings.simplefilter("ignore", DeprecationWarning)
prices = market.PriceList()
assert run(prices.price("tea")) == 3
child = os.fork()
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")

PROGRAMS = {
    "listed": LISTED,
    "at once": AT_ONCE,
    "pending": PENDING,
    "forked": FORKED,
    "forked after it": FORKED_AFTER_IT,
}
LOOPS = ["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program, loop):
    assert_clean_exits(f"from {loop} import run\n{program}")
