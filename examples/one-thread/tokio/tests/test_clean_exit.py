"""Python exits cleanly while a kitchen works, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio
from kitchen import Kitchen

async def main():
    kitchen = Kitchen()
    await asyncio.gather(*(kitchen.cook(str(n), 0.01) for n in range(50)))

asyncio.run(main())
"""

# Not awaited: their results come while the loop closes, or Python ends, or never.
PENDING = """
import asyncio, sys
from kitchen import Kitchen

async def main():
    global kitchen
    kitchen = Kitchen()
    for n in range(50):
        kitchen.cook(f"rice {n}", n / 1000)
        kitchen.cook(f"soup {n}", 3600)
    await kitchen.stove()

sys.excepthook = lambda *error: None
asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, PENDING], ids=["awaited", "pending"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
