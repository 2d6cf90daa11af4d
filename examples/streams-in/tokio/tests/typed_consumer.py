"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from collections.abc import AsyncIterator

from intake import _native, total


async def numbers() -> AsyncIterator[int]:
    yield 1


async def main() -> int:
    first = await total(numbers())
    second = await _native.total_v2(numbers())
    reader = _native.read(numbers(), ahead=3)
    await reader.drop()
    async for item in _native.read_v1(numbers()):
        first += item
    async for item in _native.read_v2(numbers()):
        first += item
    await total([1, 2])  # type: ignore[arg-type]
    asyncio.create_task(_native.total(numbers()))  # type: ignore[arg-type]
    return first + second
