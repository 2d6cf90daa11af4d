"""Python exits cleanly after callbacks, or with some under way, however busy the machine.

`CLEAN_EXITS` is the number of exits to try (12 unless set), six at a time.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6

AWAITED = """
import asyncio
from feed import Feed

async def main():
    feed = Feed()
    feed.subscribe(prices.append)
    for price in range(50):
        feed.publish(price)
    await feed.drained()
    assert sorted(prices) == list(range(50))

prices = []
asyncio.run(main())
"""

# Nobody waits for these: the loop closes, and Python ends, while Rust calls.
PENDING = """
import asyncio, sys, warnings
from feed import Feed

async def main():
    for price in range(50):
        feed.publish(price)

async def subscribe():
    # A call that comes while the loop closes leaves a task, which asyncio would report.
    asyncio.get_running_loop().set_exception_handler(lambda *error: None)
    feed.subscribe(lambda price: None)
    await main()

sys.unraisablehook = sys.excepthook = lambda *error: None
warnings.simplefilter("ignore")
feed = Feed()
asyncio.run(subscribe())
"""


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [AWAITED, PENDING], ids=["awaited", "pending"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
