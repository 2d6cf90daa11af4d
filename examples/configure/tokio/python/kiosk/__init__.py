"""The prices and the orders of a kiosk, from Rust."""

from . import _native
from ._native import Feed

__all__ = ["Feed", "price"]


async def price(item: str) -> int:
    """The price of an item in cents; KeyError if the kiosk does not have it."""
    return await _native.price(item)
