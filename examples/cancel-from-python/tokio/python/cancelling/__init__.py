"""Queries in Rust that can be cancelled."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from . import _native

__all__ = ["query", "query_and_close", "within"]

T = TypeVar("T")
CLOSE_TIMEOUT = 5.0


async def query(port: int) -> str:
    """Cancelled, it ends at once; Rust closes the connection soon after."""
    return await _native.query(port)


async def query_and_close(port: int) -> str:
    """Cancelled, it ends when Rust has closed its connection, or after five seconds."""
    answer, closed = _native.query_and_closed(port)
    try:
        return await answer
    except asyncio.CancelledError:
        # Without a bound, a connection that does not close would keep the cancelled task.
        await asyncio.wait([closed.wait()], timeout=CLOSE_TIMEOUT)
        raise


async def within(seconds: float, awaitable: Awaitable[T]) -> T:
    """`asyncio.wait_for`, but it also passes a cancellation on that comes with the result."""
    future = asyncio.ensure_future(awaitable)
    try:
        done, _ = await asyncio.wait([future], timeout=seconds)
        if not done:
            raise asyncio.TimeoutError
        return future.result()
    finally:
        future.cancel()
