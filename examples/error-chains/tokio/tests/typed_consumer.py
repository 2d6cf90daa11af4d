"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from pathlib import Path

from limits import _native


async def main(folder: Path) -> int:
    asyncio.create_task(_native.limit(folder))  # type: ignore[arg-type]
    answer: str = await _native.confirm(asyncio.sleep(0, "yes"))
    answer += await _native.confirm_with_causes(asyncio.sleep(0, "yes"))
    return await _native.limit(folder / answer) + await _native.limit_with_causes("4711.limit")
