"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from weather import _native, lowest, lowest_sync, temperature, temperature_sync
from weather.notebook import wake_on_interrupt


async def cell() -> float:
    wake_on_interrupt()
    coldest: float = min(await temperature("Oslo"), await asyncio.create_task(lowest("Rome", 1)))
    _native.temperature(1)  # type: ignore[arg-type]
    asyncio.create_task(_native.temperature("Oslo"))  # type: ignore[arg-type]
    return coldest + await _native.lowest("Rome", 1)


warmest: float = max(temperature_sync("Oslo"), lowest_sync("Rome", 1))
