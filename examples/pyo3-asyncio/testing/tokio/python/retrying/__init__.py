"""Call a coroutine function again until it succeeds; Rust counts and waits."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from . import _native

__all__ = ["retry"]

T = TypeVar("T")


async def retry(call: Callable[[], Awaitable[T]], times: int, pause: float = 0.0) -> T:
    """Await `call()` up to `times` times, `pause` seconds apart; raise its last exception."""
    return await _native.retry(call, times, pause)
