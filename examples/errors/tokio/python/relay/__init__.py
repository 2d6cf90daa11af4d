"""Pass the exceptions of Python on through Rust."""

from collections.abc import Awaitable
from typing import Any

from . import _native

__all__ = ["relay", "relay_text", "relay_with_cause"]


async def relay(awaitable: Awaitable[Any]) -> Any:
    """Await it in Rust, and pass its exception on."""
    return await _native.relay(awaitable)


async def relay_text(awaitable: Awaitable[Any]) -> Any:
    """Await it in Rust, and pass on what its exception says."""
    return await _native.relay_text(awaitable)


async def relay_with_cause(awaitable: Awaitable[Any]) -> Any:
    """Await it in Rust, and make its exception the cause of another."""
    return await _native.relay_with_cause(awaitable)
