"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, interrupting
interrupting.answer()
asyncio.run(interrupting.query())
"""

CANCELLED = """
import asyncio, interrupting

async def main():
    for _ in range(50):
        asyncio.ensure_future(interrupting.query())
    await asyncio.sleep(0.01)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
