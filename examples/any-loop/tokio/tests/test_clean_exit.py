"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

RUN = {
    "asyncio": """
import asyncio
def run(main):
    asyncio.run(main())
def schedule():
    return asyncio.get_running_loop().call_soon_threadsafe
""",
    "trio": """
import trio
run = trio.run
def schedule():
    return trio.lowlevel.current_trio_token().run_sync_soon
""",
}

AWAITED = """
from bakery import bake

async def main():
    await bake("rye", 0.01)
"""

# Not awaited: results come while the loop ends, when it has ended, and while Python ends.
PENDING = """
from bakery import _native

async def main():
    for number in range(100):
        _native.bake(schedule(), lambda *result: None, "rye", number / 2000)
"""

# The tasks are cancelled while their results come.
RACING = """
import anyio
from bakery import bake

async def main():
    with anyio.move_on_after(0.01):
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(bake, "rye", number / 5000)
"""

PROGRAMS = {"awaited": AWAITED, "pending": PENDING, "racing": RACING}


@pytest.mark.parametrize("loop", RUN)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program, loop):
    assert_clean_exits(f"{RUN[loop]}\n{program}\nrun(main)")
