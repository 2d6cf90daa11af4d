"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

COUNTED = """
import asyncio, primes
assert asyncio.run(primes.primes_in_thread(primes.Progress(), 1000)) == 168
"""

CANCELLED = """
import asyncio, primes

async def main():
    progress = [primes.Progress() for _ in range(16)]
    for one, other in zip(progress[:8], progress[8:]):
        asyncio.ensure_future(primes.primes_in_thread(one, 2**62))
        asyncio.ensure_future(primes.primes(other, 2**62))
    while not all(each.numbers for each in progress):
        await asyncio.sleep(0)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [COUNTED, CANCELLED], ids=["counted", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
