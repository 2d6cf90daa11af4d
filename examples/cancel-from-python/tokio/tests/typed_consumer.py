"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from cancelling import _native


async def main() -> str:
    asyncio.create_task(_native.query())  # type: ignore[arg-type]
    asyncio.create_task(_native.compute(True))  # type: ignore[arg-type]
    name, step, thread = _native.next_step()
    first: str = await asyncio.create_task(_native.coroutine())
    second, third = await _native.query_in_join_set()
    await _native.closed()
    return first + second + third + name + step + thread
