"""Prices for callbacks, plain functions and async ones."""

import inspect
from typing import Any, Callable

from ._native import Feed

__all__ = ["Feed", "call"]


async def call(callback: Callable[[int], object], price: int) -> Any:
    """Rust has this awaited on the loop, whatever the callback is."""
    result = callback(price)
    if inspect.isawaitable(result):
        result = await result
    return result
