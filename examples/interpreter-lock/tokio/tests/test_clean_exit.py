"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, bookings
asyncio.run(bookings.book(5, lambda total: None))
"""

GATHERED = """
import asyncio, bookings

async def main():
    await asyncio.gather(*[bookings.book(1, lambda total: None) for _ in range(50)])
    assert bookings.total() == 50

asyncio.run(main())
"""

# Rust calls Python while the loop closes, or Python ends. A result for a closed loop is an error.
PENDING = """
import asyncio, bookings, sys

async def main():
    for _ in range(50):
        bookings._native.book_on_thread(1, lambda total: None)
        bookings._native.book_on_worker(1, lambda total: None)

sys.excepthook = lambda *error: None
asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, GATHERED, PENDING], ids=["awaited", "gathered", "pending"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
