"""Python exits cleanly after callbacks, or with some under way, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio
from feed import Feed

async def main():
    feed = Feed()
    feed.subscribe(prices.append)
    for price in range(50):
        feed.publish(price)
    await feed.drained()
    assert prices == list(range(50))

prices = []
asyncio.run(main())
"""

# The later prices are not awaited: the loop closes, and Python exits, while Rust calls.
PENDING = """
import asyncio, sys, warnings
from feed import Feed

async def main():
    # A call that comes while the loop closes leaves a task, which asyncio would report.
    asyncio.get_running_loop().set_exception_handler(lambda *error: None)
    feed.subscribe(lambda price: None)
    feed.publish(0)
    await feed.drained()
    for price in range(1, 500):
        feed.publish(price)

sys.unraisablehook = sys.excepthook = lambda *error: None
warnings.simplefilter("ignore")
feed = Feed()
asyncio.run(main())
"""

# The runtime has only just started, and its threads may not yet have run.
STARTED = """
import asyncio, sys, warnings
from feed import Feed

async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *error: None)
    feed.subscribe(lambda price: None)
    for price in range(50):
        feed.publish(price)

sys.unraisablehook = sys.excepthook = lambda *error: None
warnings.simplefilter("ignore")
feed = Feed()
asyncio.run(main())
"""


@pytest.mark.parametrize(
    "program", [AWAITED, PENDING, STARTED], ids=["awaited", "pending", "started"]
)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
