"""Python exits cleanly after Rust has read its generators, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, intake

async def numbers():
    yield 1
    yield 2

assert asyncio.run(intake.total(numbers())) == 3
"""

# A result may come after its loop has closed. The bridge then prints a traceback: no unclean exit.
CANCELLED = """
import asyncio, intake, sys
sys.excepthook = lambda *error: None

async def numbers():
    number = 0
    while True:
        yield number
        await asyncio.sleep(0)

async def main():
    tasks = [asyncio.ensure_future(intake.total(numbers())) for _ in range(20)]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
