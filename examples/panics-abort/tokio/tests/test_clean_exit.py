"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, aborting
asyncio.run(aborting.pick(["tea"], 0))
"""

GATHERED = """
import asyncio, aborting

async def main():
    picked = await asyncio.gather(*[aborting.pick(["tea"], 0) for _ in range(50)])
    assert picked == 50 * ["tea"]

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, GATHERED], ids=["awaited", "gathered"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
