"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from exits import _native, rust_sleep


async def main() -> None:
    await asyncio.create_task(rust_sleep(1))
    await _native.owned_sleep(1)
    await asyncio.create_task(_native.woken_sleep(1))
    asyncio.create_task(_native.counted_sleep(1))  # type: ignore[arg-type]
