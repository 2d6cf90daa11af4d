"""Python exits cleanly after an await of Rust, however busy the machine.

`CLEAN_EXITS` is the number of exits to try (12 unless set), six at a time.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6

FACES = """
import asyncio, pricing

async def main():
    prices = await asyncio.gather(*[pricing.price("tea") for _ in range(50)])
    assert prices == 50 * [pricing.price_sync("tea")]
    assert await pricing.sum_apart(["tea"], pricing.price_sync) == 3

asyncio.run(main())
"""

OWN_LOOP = """
import asyncio, pricing

async def price_of(item):
    return await pricing.price(item)

assert pricing.total_sync(["tea", "milk"], price_of) == 5
assert asyncio.run(pricing.total(["tea", "milk"], price_of)) == 5
"""

# Its answer wakes the loop from a thread of tokio, and the program ends at once.
SPAWNED = """
import asyncio, pricing

async def main():
    prices = await asyncio.gather(*[pricing.price_spawned("tea") for _ in range(50)])
    assert prices == 50 * [3]

asyncio.run(main())
"""

PROGRAMS = {"faces": FACES, "own_loop": OWN_LOOP, "spawned": SPAWNED}


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
