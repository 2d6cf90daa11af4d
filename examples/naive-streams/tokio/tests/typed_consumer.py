"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from naive_streams import Bare, Sensor, Simple


async def main() -> int:
    total = 0
    async for number in Simple(Sensor(9, breaks_at=3)):
        total += number
    async for number in Bare(Sensor(9)):  # type: ignore[misc]
        pass
    asyncio.create_task(Simple(Sensor(9)).__anext__())  # type: ignore[arg-type]
    return total
