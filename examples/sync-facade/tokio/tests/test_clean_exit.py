"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

FACES = """
import asyncio, pricing

async def main():
    prices = await asyncio.gather(*[pricing.price("tea") for _ in range(50)])
    assert prices == 50 * [pricing.price_sync("tea")]
    assert await pricing.sum_apart(["tea"], pricing.price_sync) == 3

asyncio.run(main())
"""

# Its answer wakes the loop from a thread of tokio, and the program ends at once.
SPAWNED = """
import asyncio, pricing

async def main():
    prices = await asyncio.gather(*[pricing.price_spawned("tea") for _ in range(50)])
    assert prices == 50 * [3]

asyncio.run(main())
"""

PROGRAMS = {"faces": FACES, "spawned": SPAWNED}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
