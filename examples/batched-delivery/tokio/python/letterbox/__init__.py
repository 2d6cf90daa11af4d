"""Letters, and answers from tokio."""

from . import _native
from ._native import answer

__all__ = ["answer", "letter"]


async def letter() -> str:
    """A letter that waits for its answer."""
    return await _native.held()
