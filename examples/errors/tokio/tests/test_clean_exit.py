"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, relay
asyncio.run(relay.relay(asyncio.sleep(0, "tea")))
"""

GATHERED = """
import asyncio, relay

async def main():
    picked = await asyncio.gather(*[relay.relay(asyncio.sleep(0, "tea")) for _ in range(50)])
    assert picked == 50 * ["tea"]

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, GATHERED], ids=["awaited", "gathered"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
