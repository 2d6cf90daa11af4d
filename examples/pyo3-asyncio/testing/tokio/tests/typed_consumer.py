"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from retrying import _native, retry


async def answer() -> int:
    return 42


async def main() -> None:
    number: int = await retry(answer, times=2, pause=0.1)
    number = await _native.retry(answer, 2, 0.1)
    word: str = await _native.retry(answer, 2, 0.1)  # type: ignore[arg-type]
    asyncio.create_task(_native.retry(answer, 2, 0.1))  # type: ignore[arg-type]
    print(number, word)
