"""Python exits cleanly after errors of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

FAILED = """
import asyncio, limits

async def main():
    reads = [limits.limit("no such file") for _ in range(50)]
    errors = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(error) for error in errors} == {RuntimeError}

asyncio.run(main())
"""

CANCELLED = """
import asyncio, limits

async def main():
    question = asyncio.ensure_future(asyncio.sleep(3600))
    answer = asyncio.ensure_future(limits.confirm_with_causes(question))
    question.cancel()
    await asyncio.wait([answer])

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [FAILED, CANCELLED], ids=["failed", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
