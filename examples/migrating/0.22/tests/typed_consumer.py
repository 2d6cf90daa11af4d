"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from measuring import _native, length_of, rust_sleep


async def answer() -> str:
    return "twelve chars"


async def main() -> None:
    await rust_sleep(1)
    length: int = await length_of(answer())
    length += await _native.length_of(answer())
    asyncio.create_task(_native.rust_sleep(1))  # type: ignore[arg-type]
    await _native.length_of(1)  # type: ignore[arg-type]
