"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from crossing_before import _native


async def main() -> None:
    asyncio.create_task(_native.bridge())  # type: ignore[arg-type]
    await _native.bridge()
    held = _native.bridge_held()
    _native.release(calls=1)
    await held
