"""Transactions that `async with` keeps or undoes."""

import warnings

from . import _native
from ._native import Refused, Undo

__all__ = ["Refused", "Transaction", "Undo"]


class Transaction(_native.Transaction):
    """`async with Transaction(port)`; raise Undo in the block to give it up quietly."""

    async def __aenter__(self) -> "Transaction":
        await self.begin()
        return self

    def __del__(self) -> None:
        if self.is_open:
            warnings.warn("unclosed transaction", ResourceWarning, source=self)
