"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from sensor import Readings, Sensor, _native


async def main() -> int:
    total = 0
    async with Readings(Sensor(9)) as readings:
        async for reading in readings:
            total += reading
        async for batch in readings.batches(3):
            total += sum(batch)
    async for number in _native.Simple(Sensor(9, breaks_at=3)):
        total += number
    async for number in _native.Bare(Sensor(9)):  # type: ignore[misc]
        pass
    asyncio.create_task(_native.Simple(Sensor(9)).__anext__())  # type: ignore[arg-type]
    return total
