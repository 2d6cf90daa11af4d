"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from parcels import Carrier, _native


async def main() -> None:
    async with Carrier("parcels.txt") as carrier:
        await asyncio.create_task(carrier.book("tea"))
        carrier.book_sync("coffee")
        next_item: str = await carrier.next_booking()
        async with carrier.bookings() as bookings:
            async for item in bookings:
                print(next_item, item, carrier.listeners)
    await _native.Carrier("parcels.txt").close()
    asyncio.create_task(_native.Carrier("parcels.txt").close())  # type: ignore[arg-type]
