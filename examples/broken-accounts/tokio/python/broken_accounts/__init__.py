"""Accounts that fail, at a bank that grants each change."""

import asyncio

from ._native import Passbook, Wallet, grant

__all__ = ["Passbook", "Wallet", "grant", "waiting"]


async def waiting(changes: int) -> None:
    """Return when exactly this many changes wait for their grant."""
    while grant(0) != changes:
        await asyncio.sleep(0)
