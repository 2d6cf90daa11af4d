"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from cancelling import _native, within


async def main(port: int) -> str:
    asyncio.create_task(_native.query(port))  # type: ignore[arg-type]
    asyncio.create_task(_native.query_in_task(port))  # type: ignore[arg-type]
    first, second = await _native.query_twice(port)
    query, closed = _native.query_and_closed(port)
    third: str = await within(1, query)
    await closed.wait()
    return first + second + third + await _native.query_in_owned_task(port)
