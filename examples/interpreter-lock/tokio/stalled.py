import asyncio
import os
import sys

from bookings import _native

os.environ["TOKIO_WORKER_THREADS"] = "1"
sys.setswitchinterval(100)  # Python does not let go of the interpreter by itself.


async def main():
    _native.start_beating()
    for book in (_native.book_on_worker, _native.book_on_blocking_thread):
        booking = book(5, lambda total: None)
        _native.until_knocked()
        beats, pause = _native.hold(1.0)
        print(f"{book.__name__}: {beats or 'no'} beats, a pause of {pause * 1000:.0f} ms")
        await booking


asyncio.run(main())
