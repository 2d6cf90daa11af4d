"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from pricing import _native


async def price_of(item: str) -> int:
    return await _native.price(item)


async def main(items: list[str]) -> list[int]:
    asyncio.create_task(_native.price("tea"))  # type: ignore[arg-type]
    await _native.price_sync("tea")  # type: ignore[misc]
    _native.sum_up(items, price_of)  # type: ignore[arg-type]
    _native.total(items, _native.price_sync)  # type: ignore[arg-type]
    _native.total_sync(items, price_of)  # type: ignore[call-arg]
    _native.price_ahead("tea")
    return [
        _native.price_sync("tea"),
        _native.price_anywhere("tea"),
        _native.price_with_own_loop("tea"),
        await _native.price_polled("tea"),
        await asyncio.create_task(_native.price_spawned("tea")),
        await _native.sum_up(items, _native.price_anywhere),
        await _native.sum_apart(items, _native.price_sync),
        await _native.total(items, price_of),
        _native.total_sync(items, price_of, asyncio.new_event_loop()),
    ]
