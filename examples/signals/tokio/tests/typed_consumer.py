"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from interrupting import _native, answer, query, query_blocked, query_ticking


async def main() -> None:
    answer()
    text: str = await asyncio.create_task(query())
    answering, closed = _native.query()
    text = await answering + query_blocked() + query_ticking()
    await closed.wait()
    print(text)
    asyncio.create_task(closed.wait())  # type: ignore[arg-type]
