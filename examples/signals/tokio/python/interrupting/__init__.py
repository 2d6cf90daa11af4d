"""A query in Rust that Ctrl-C can end."""

import asyncio

from . import _native
from ._native import answer, query_blocked, query_ticking, seen, watch_ctrl_c

__all__ = ["answer", "query", "query_blocked", "query_ticking", "seen", "watch_ctrl_c"]


async def query() -> str:
    """Cancelled, it ends when Rust has closed the connection."""
    try:
        return await _native.query()
    except asyncio.CancelledError:
        await _native.closed()
        raise
