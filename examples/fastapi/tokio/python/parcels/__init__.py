"""The client of a carrier, written in Rust."""

from typing import Optional

from . import _native

__all__ = ["Bookings", "Carrier"]


class Carrier:
    """Books parcels; `async with` closes it, which writes what is booked to the file."""

    def __init__(self, path: str) -> None:
        self._native = _native.Carrier(path)

    async def book(self, item: str) -> None:
        """Book a parcel; ValueError once the carrier is closed."""
        await self._native.book(item)

    def book_sync(self, item: str) -> None:
        """The same for a thread without an event loop, which it blocks."""
        self._native.book_sync(item)

    async def next_booking(self) -> str:
        """Wait until something is booked."""
        async with self.bookings() as bookings:
            return await bookings.__anext__()

    def bookings(self) -> "Bookings":
        """What is booked from now on, for `async for`."""
        return Bookings(self._native.bookings())

    @property
    def listeners(self) -> int:
        """How many bookings are open."""
        return self._native.listeners

    async def close(self) -> None:
        """Write what is booked to the file. Closing it again does no harm."""
        await self._native.close()

    async def __aenter__(self) -> "Carrier":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


class Bookings:
    """Items as they are booked, for `async for`; `async with` closes them.

    RuntimeError for a reader that is more than 64 items late: it has missed the oldest of them.
    """

    def __init__(self, native: _native.Bookings) -> None:
        self._native: Optional[_native.Bookings] = native

    def __aiter__(self) -> "Bookings":
        return self

    async def __anext__(self) -> str:
        if self._native is None:
            raise StopAsyncIteration
        return await self._native.next()

    async def aclose(self) -> None:
        """Drop the receiver in Rust. Closing it again does no harm."""
        self._native = None

    async def __aenter__(self) -> "Bookings":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()
