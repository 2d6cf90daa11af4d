"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from waiter import _native


async def half(number: float) -> float:
    return number / 2


async def main() -> float:
    asyncio.create_task(_native.await_coro(half(1)))  # type: ignore[arg-type]
    asyncio.create_task(_native.await_callable(lambda: half(1)))  # type: ignore[arg-type]
    return await _native.await_coro(half(3)) + await _native.await_callable(lambda: half(3))


def blocking() -> float:
    return _native.block_on_coro(half(1)) + _native.block_on_new_loop(half(1))
