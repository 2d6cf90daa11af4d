"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from pricing import _native


async def price_of(item: str) -> int:
    return await _native.price(item)


async def main(items: list[str]) -> list[int]:
    asyncio.create_task(_native.price("tea"))  # type: ignore[arg-type]
    await _native.price_sync("tea")  # type: ignore[misc]
    _native.sum_up(items, price_of)  # type: ignore[arg-type]
    return [
        _native.price_sync("tea"),
        _native.price_anywhere("tea"),
        await asyncio.create_task(_native.price_spawned("tea")),
        await _native.sum_up(items, _native.price_anywhere),
        await _native.sum_apart(items, _native.price_sync),
    ]
