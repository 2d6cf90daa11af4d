"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

import bookings
from bookings import _native


async def main() -> list[int]:
    asyncio.create_task(_native.book_locked(5, print))  # type: ignore[arg-type]
    await _native.total()  # type: ignore[misc]
    return [
        await asyncio.create_task(bookings.book(5, print)),
        bookings.total() + bookings.sum([1, 2, 3]),
        await _native.book_on_worker(5, print),
        await _native.book_silently(5),
        await _native.book_on_thread(5, print),
        _native.book_attached(5, print),
        _native.book_detached(5, print),
        _native.book_inline(5, print),
        _native.total_attached(),
        _native.sum_attached([1]) + _native.sum_detached([1]),
    ]
