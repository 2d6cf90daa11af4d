"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from aborting import _native


async def main(items: list[str]) -> list[str]:
    asyncio.create_task(_native.pick(items, 0))  # type: ignore[arg-type]
    return [_native.pick_now(items, 0), await _native.pick(items, 0)]
