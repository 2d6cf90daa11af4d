"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from interrupting import _native, answer, query, query_blocked, query_ticking, seen, watch_ctrl_c


async def main() -> None:
    answer()
    text: str = await asyncio.create_task(query())
    text = await _native.query() + query_blocked() + query_ticking()
    done: bool = await _native.closed()
    watch_ctrl_c()
    print(text, done, seen() + 1)
    asyncio.create_task(_native.query())  # type: ignore[arg-type]
