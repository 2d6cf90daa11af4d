"""Queries in Rust that can be cancelled."""

import asyncio

from . import _native
from ._native import answer, coroutine, deaf, next_step, told

__all__ = ["answer", "coroutine", "deaf", "next_step", "query", "query_and_close", "told"]


async def query() -> str:
    """Cancelled, it ends at once; Rust closes the connection soon after."""
    return await _native.query()


async def query_and_close() -> str:
    """Cancelled, it ends when Rust has closed the connection."""
    try:
        return await _native.query()
    except asyncio.CancelledError:
        await _native.closed()
        raise
