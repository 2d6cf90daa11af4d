"""Accounts at a bank that grants each change."""

from . import _native
from ._native import Account, Passbook, grant

__all__ = ["Account", "Passbook", "grant", "waiting"]


async def waiting(changes: int) -> None:
    """Wait until so many changes wait for their grant."""
    await _native.waiting(changes)
