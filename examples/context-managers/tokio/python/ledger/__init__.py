"""Transactions that `async with` keeps or undoes."""

import warnings
from types import TracebackType
from typing import Optional

from . import _native
from ._native import Refused

__all__ = ["Refused", "Transaction", "Undo"]


class Undo(Exception):
    """Raise it in the block to undo everything."""


# ANCHOR: enter
class Transaction(_native.Transaction):
    """`async with Transaction(port)`; raise Undo in the block to roll back silently."""

    async def __aenter__(self) -> "Transaction":
        await self.begin()
        return self

    # ANCHOR_END: enter

    # ANCHOR: exit
    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        await self.end("COMMIT" if error is None else "ROLLBACK")
        # True: the exception is handled. False: it propagates.
        return isinstance(error, Undo)

    async def close(self) -> None:
        """Undoes what is still open, and ends when the connection is closed."""
        await self.end("ROLLBACK")

    # ANCHOR_END: exit

    # ANCHOR: del
    def __del__(self) -> None:
        if self.is_open:
            warnings.warn("unclosed transaction", ResourceWarning, source=self)

    # ANCHOR_END: del
