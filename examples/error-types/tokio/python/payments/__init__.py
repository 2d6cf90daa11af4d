"""Charge cards; each way to fail has an exception class of its own."""

from collections.abc import Awaitable
from typing import Callable, Optional

from . import _native
from ._native import Declined, NoAnswer, PaymentError, UnknownCard

__all__ = ["Declined", "NoAnswer", "PaymentError", "UnknownCard", "charge"]

Bank = Callable[[str, int], Awaitable[tuple[str, Optional[float]]]]


async def charge(bank: Bank, card: str, cents: int) -> int:
    """Charges the card at the bank, and returns the amount; `PaymentError` if that fails."""
    return await _native.charge(bank, card, cents)
