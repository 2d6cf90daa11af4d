"""Rust functions that await what Python gives them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from . import _native
from ._native import block_on_coro

__all__ = ["await_callable", "await_coro", "block_on_coro"]

T = TypeVar("T")


async def await_coro(coro: Awaitable[T]) -> T:
    """Let Rust await `coro` and return its result."""
    return await _native.await_coro(coro)


async def await_callable(function: Callable[[], Awaitable[T]]) -> T:
    """Let Rust call `function` and await the coroutine that it returns."""
    return await _native.await_callable(function)
