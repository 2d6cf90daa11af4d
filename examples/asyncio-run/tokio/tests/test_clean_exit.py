"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, pause
asyncio.run(pause.rust_sleep(0.01))
"""

CANCELLED = """
import asyncio, pause

async def main():
    for _ in range(50):
        asyncio.ensure_future(pause.rust_sleep(3600))
    await asyncio.sleep(0.01)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
