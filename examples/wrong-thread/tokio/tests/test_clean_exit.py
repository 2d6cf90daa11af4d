"""Python exits cleanly after a call that did not end, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

OWN_LOOP = """
from wrong_thread import price_with_own_loop
assert price_with_own_loop("tea") == 3
"""

LOST = """
import asyncio
from wrong_thread import cook_in_set

async def main():
    await asyncio.wait([cook_in_set("soup") for _ in range(50)], timeout=0.01)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [OWN_LOOP, LOST], ids=["own_loop", "lost"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
