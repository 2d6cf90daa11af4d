"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

IMPORTS = """
import asyncio, sys, letterbox
from letterbox import _native
letterbox.answer(50)
"""

PROGRAMS = {
    "awaited": """
asyncio.run(letterbox.letter())
""",
    "pending": """
async def main():
    for _ in range(100):
        asyncio.ensure_future(_native.letter())
    await asyncio.sleep(0.01)

asyncio.run(main())
""",
    # This loop is not closed, so the answers may come while Python exits.
    "left": """
async def clerk():
    return "no"

async def main():
    await _native.letter()
    sys.modules["kept"] = [_native.letter() for _ in range(100)]
    sys.modules["kept"] += [_native.ask_clerk(clerk, False) for _ in range(50)]

asyncio.new_event_loop().run_until_complete(main())
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(IMPORTS + program)
