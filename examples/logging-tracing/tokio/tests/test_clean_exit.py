"""Python exits cleanly while Rust logs, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

LOGS = """
import asyncio, logging, os, sys, threading

class Count(logging.StreamHandler):
    def emit(self, record):
        super().emit(record)
        logged.release()

logged = threading.Semaphore(0)
logging.basicConfig(level=logging.DEBUG, handlers=[Count(open(os.devnull, "w"))])
from stock import Stock, _native
"""

AWAITED = """
asyncio.run(Stock(10).take(3))
"""

# Not awaited: they log and their results come while the loop closes, or Python ends.
PENDING = """
async def main():
    stock = _native.Stock(1000)
    for _ in range(200):
        stock.take(1)
    logged.acquire()

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

PROGRAMS = {"awaited": AWAITED, "pending": PENDING}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(LOGS + program)
