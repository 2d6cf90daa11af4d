"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from journal import Journal, _native


async def main() -> None:
    async with Journal("journal.txt") as journal:
        await journal.write("one line")
    await _native.Journal("journal.txt").close()
    asyncio.create_task(_native.Journal("journal.txt").close())  # type: ignore[arg-type]
