import asyncio
import os
import sys
import time

from bookings import _native

os.environ["TOKIO_WORKER_THREADS"] = "1"
sys.setswitchinterval(100)  # Python does not release the GIL by itself.


def compute(seconds, total):
    """Keeps the GIL for that long, or until the ledger has this total."""
    end = time.monotonic() + seconds
    while _native.total_attached() != total:
        if time.monotonic() > end:
            return False
    return True


async def main():
    for book in (_native.book_on_worker, _native.book_on_thread):
        total = _native.total_attached()
        booking = book(5, lambda total: None)
        compute(60, total + 5)  # The amount is booked. Now Rust attaches, to tell Python.
        silent = _native.book_silently(1)
        is_booked = compute(1, total + 6)
        print(f"{book.__name__}: the other booking", "was made" if is_booked else "had to wait")
        await asyncio.gather(booking, silent)


asyncio.run(main())
