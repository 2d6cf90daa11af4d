"""Letters, and answers from tokio."""

from decimal import Decimal

from . import _native
from ._native import answer

__all__ = ["answer", "letter"]


async def letter() -> Decimal:
    """Wait for the answer to a letter, and return its postage."""
    return await _native.letter()
