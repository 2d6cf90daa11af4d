"""Python exits cleanly after loops on other threads have awaited Rust, however busy the machine."""

from clean_exits import assert_clean_exits

# Rust still works for the first loop when it is closed, which the bridge may report.
THREADS = """
import asyncio, sys
from quotes import LoopThread, cheapest, price

async def pending():
    return [asyncio.create_task(price("tea")) for _ in range(50)]

sys.excepthook = lambda *error: None
with LoopThread() as background, LoopThread() as other:
    assert background.submit(price("tea")).result() == 3
    shops = [(background.loop, price), (other.loop, price)]
    assert other.submit(cheapest(shops, "milk")).result() == 2
    background.submit(pending()).result()
"""


def test_every_exit_is_clean():
    assert_clean_exits(THREADS)
