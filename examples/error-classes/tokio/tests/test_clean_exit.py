"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

FAILED = """
import asyncio, archive

async def main():
    try:
        await archive.read(".", "no such document")
    except archive.NotFound:
        pass

asyncio.run(main())
"""

GATHERED = """
import asyncio, os, archive

async def main():
    folder = os.path.dirname(os.__file__)
    await asyncio.gather(*[archive.read(folder, "os.py") for _ in range(50)])

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [FAILED, GATHERED], ids=["failed", "gathered"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
