"""A stock of goods, written in Rust, which logs to the logger `stock`."""

from . import _native
from ._native import reset_logging

__all__ = ["Stock", "reset_logging"]


class Stock:
    """A stock of goods. Concurrent calls run in any order."""

    def __init__(self, left: int) -> None:
        self._native = _native.Stock(left)

    async def take(self, count: int) -> int:
        """How many are left afterwards; ValueError if there are not enough."""
        return await self._native.take(count)

    @property
    def left(self) -> int:
        """How many there are."""
        return self._native.left
