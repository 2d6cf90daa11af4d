"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, semantics

async def main():
    for way in semantics.WAYS.values():
        semantics.begin(False)
        task = await semantics.started(way.work())
        semantics.answer()
        assert await task == "42"

asyncio.run(main())
"""

CANCELLED = """
import asyncio, semantics

async def main():
    for way in semantics.WAYS.values():
        for _ in range(20):
            asyncio.ensure_future(way.work())
    await asyncio.sleep(0.01)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
