"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, os, parcels

async def main():
    async with parcels.Carrier(os.devnull) as carrier:
        await carrier.book("tea")

asyncio.run(main())
"""

# Not awaited: their results come while the loop closes, or Python ends.
PENDING = """
import asyncio, os, sys
from parcels import _native

async def main():
    carrier = _native.Carrier(os.devnull)
    for _ in range(50):
        carrier.book("tea")
    await asyncio.sleep(0.02)

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

LISTENING = """
import asyncio, os, parcels

async def main():
    carrier = parcels.Carrier(os.devnull)
    listening = asyncio.ensure_future(carrier.next_booking())
    await asyncio.sleep(0)
    carrier.book_sync("tea")

asyncio.run(main())
"""

PROGRAMS = {"awaited": AWAITED, "pending": PENDING, "listening": LISTENING}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
