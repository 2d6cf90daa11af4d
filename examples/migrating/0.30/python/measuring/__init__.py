"""Await Rust that sleeps, and Rust that awaits Python."""

from typing import Coroutine

from . import _native

__all__ = ["length_of", "rust_sleep"]


async def rust_sleep(seconds: float) -> None:
    """Sleep on a Rust thread while the event loop keeps running."""
    await _native.rust_sleep(seconds)


async def length_of(coro: "Coroutine[object, object, str]") -> int:
    """Await `coro` in a Rust task: the length of its answer."""
    return await _native.length_of(coro)
