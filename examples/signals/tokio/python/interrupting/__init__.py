"""A query in Rust that Ctrl-C can end."""

import asyncio

from . import _native
from ._native import answer, query_blocked, query_ticking

__all__ = ["answer", "query", "query_blocked", "query_ticking"]


CLOSE_TIMEOUT = 5.0


async def query() -> str:
    """Cancelled, it ends when Rust has closed its connection, or after five seconds."""
    answer, closed = _native.query()
    try:
        return await answer
    except asyncio.CancelledError:
        await asyncio.wait([closed.wait()], timeout=CLOSE_TIMEOUT)
        raise
