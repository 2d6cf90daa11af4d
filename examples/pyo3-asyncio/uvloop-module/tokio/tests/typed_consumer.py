"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from doze import _native, rust_sleep


async def main() -> None:
    await asyncio.create_task(rust_sleep(1))
    await _native.rust_sleep(1)
    asyncio.create_task(_native.rust_sleep(1))  # type: ignore[arg-type]
