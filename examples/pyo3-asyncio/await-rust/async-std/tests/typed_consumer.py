"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from asker import _native


async def main() -> str:
    asyncio.create_task(_native.call_rust_sleep(1))  # type: ignore[arg-type]
    asyncio.create_task(_native.ask(7, "time"))  # type: ignore[arg-type]
    await _native.call_rust_sleep(1)
    return await _native.ask(7, "time")
