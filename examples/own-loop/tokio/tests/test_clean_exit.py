"""Python exits cleanly after both faces have awaited coroutines, however busy the machine."""

from clean_exits import assert_clean_exits

BOTH = """
import asyncio, totals

async def price_of(item):
    return 3 + await totals.total([], price_of)

assert totals.total_sync(["tea", "milk"], price_of) == 6
assert asyncio.run(totals.total(["tea", "milk"], price_of)) == 6
"""


def test_every_exit_is_clean():
    assert_clean_exits(BOTH)
