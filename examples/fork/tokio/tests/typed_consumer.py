"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from counting import _native, count


async def main() -> None:
    lines: int = await asyncio.create_task(count("lines.txt"))
    lines = await _native.count_guarded("lines.txt") + await _native.count_on_bridge("lines.txt")
    asyncio.create_task(_native.count(str(lines)))  # type: ignore[arg-type]
