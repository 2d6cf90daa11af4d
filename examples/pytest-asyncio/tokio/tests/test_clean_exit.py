"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

pytestmark = pytest.mark.timeout(0)  # As many exits as `CLEAN_EXITS` says take their time.

AWAITED = """
import asyncio, os, printshop

async def main():
    async with printshop.Press(os.devnull) as press:
        await press.print("menu")

asyncio.run(main())
"""

# Not awaited: their results come while the loop closes, or Python ends.
PENDING = """
import asyncio, os, sys
from printshop import _native

async def main():
    for number in range(50):
        _native.Press(os.devnull).print("menu", number / 2000)

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

CANCELLED = """
import asyncio, os, printshop

async def main():
    press = printshop.Press(os.devnull)
    for _ in range(50):
        asyncio.ensure_future(press.print("menu", 3600))
    await asyncio.sleep(0.01)

asyncio.run(main())
"""

# A runner as that of a test: what a test leaves is cancelled, and the next one has a loop of its own.
ONE_LOOP_AFTER_THE_OTHER = """
import asyncio, os, printshop

press = printshop.Press(os.devnull)

async def test():
    asyncio.ensure_future(press.print("poster", 3600))
    await asyncio.sleep(0)

for _ in range(3):
    asyncio.run(test())
asyncio.run(press.close())
"""

PROGRAMS = {
    "awaited": AWAITED,
    "pending": PENDING,
    "cancelled": CANCELLED,
    "one loop after the other": ONE_LOOP_AFTER_THE_OTHER,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
