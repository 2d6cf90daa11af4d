"""Prices of a shop, for coroutines and for synchronous code."""

from collections.abc import Callable

from . import _native
from ._native import price_anywhere, price_spawned, price_sync

__all__ = [
    "price",
    "price_anywhere",
    "price_spawned",
    "price_sync",
    "sum_apart",
    "sum_up",
]


async def price(item: str) -> int:
    """Ask for a price."""
    return await _native.price(item)


async def sum_up(items: list[str], price_of: Callable[[str], int]) -> int:
    """Call Python for each price, on a thread that polls futures."""
    return await _native.sum_up(items, price_of)


async def sum_apart(items: list[str], price_of: Callable[[str], int]) -> int:
    """Call Python for each price, on a thread that may block.

    16 such calls run at a time, so a callback must not wait for another one.
    """
    return await _native.sum_apart(items, price_of)
