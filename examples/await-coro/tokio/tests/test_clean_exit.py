"""Python exits cleanly after Rust awaited Python, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, waiter
asyncio.run(waiter.await_coro(asyncio.sleep(0.01)))
"""

CANCELLED = """
import asyncio, waiter

async def main():
    for _ in range(50):
        asyncio.ensure_future(waiter.await_coro(asyncio.sleep(3600)))
    await asyncio.sleep(0.01)

asyncio.run(main())
"""

BLOCKED = """
import asyncio, waiter
waiter.block_on_coro(asyncio.sleep(0.01))
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED, BLOCKED], ids=["awaited", "cancelled", "blocked"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
