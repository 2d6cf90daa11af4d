"""Letters, and answers from tokio."""

from decimal import Decimal

from . import _native
from ._native import answer

__all__ = ["answer", "letter"]


async def letter() -> Decimal:
    """A letter that waits for its answer: the postage of that."""
    return await _native.letter()
