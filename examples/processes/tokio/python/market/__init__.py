"""Prices of a market, fetched in Rust."""

from . import _native
from ._native import RustPanic, share

__all__ = ["PriceList", "RustPanic", "Shop", "share", "share_later"]


class Shop:
    """Asks for each price. Building a shop starts nothing."""

    def __init__(self) -> None:
        self._native = _native.Shop()

    async def price(self, item: str) -> int:
        """The price of an item; KeyError if there is none."""
        return await self._native.price(item)

    def price_sync(self, item: str) -> int:
        """The same, for callers without an event loop."""
        return self._native.price_sync(item)


class PriceList:
    """Knows all prices. Building a list starts the tokio runtime, and a task that fetches them."""

    def __init__(self) -> None:
        self._native = _native.PriceList()

    async def price(self, item: str) -> int:
        """The price of an item; KeyError if there is none."""
        return await self._native.price(item)


async def share_later(price: int, people: int) -> int:
    """What each of several people pays."""
    return await _native.share_later(price, people)
