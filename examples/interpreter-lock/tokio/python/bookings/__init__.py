"""Book amounts in Rust, and hear of each new total in Python."""

from typing import Callable

from . import _native
from ._native import sum_detached as sum
from ._native import total

__all__ = ["book", "sum", "total"]


async def book(amount: int, tell: Callable[[int], object]) -> int:
    """Add the amount, call `tell` with the new total on a thread of Rust, and return it."""
    return await _native.book_on_thread(amount, tell)
