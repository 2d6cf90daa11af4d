"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, picker
asyncio.run(picker.pick(["tea"], 0))
"""

GATHERED = """
import asyncio, picker

async def main():
    picked = await asyncio.gather(*[picker.pick(["tea"], 0) for _ in range(50)])
    assert picked == 50 * ["tea"]

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, GATHERED], ids=["awaited", "gathered"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
