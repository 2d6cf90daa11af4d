"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from till import Till, _native


async def main() -> None:
    async with Till("sales.txt") as till:
        await till.sell("coffee")
    await _native.Till("sales.txt").close()
    asyncio.create_task(_native.Till("sales.txt").close())  # type: ignore[arg-type]
