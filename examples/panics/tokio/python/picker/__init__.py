"""Pick an item of a list in Rust, in several ways that panic where there is none."""

from . import _native
from ._native import PanicException, RustPanic, pick_now, pick_polled

__all__ = [
    "PanicException",
    "RustPanic",
    "panicked",
    "panicked_caught",
    "pick",
    "pick_checked",
    "pick_in_time",
    "pick_late",
    "pick_now",
    "pick_polled",
]


async def pick(items: list[str], index: int) -> str:
    """Pick in a bridged future."""
    return await _native.pick(items, index)


async def pick_late(items: list[str], index: int) -> str:
    """Pick while the result is converted."""
    return await _native.pick_late(items, index)


async def pick_in_time(items: list[str], index: int) -> str:
    """Convert inside the future, and catch its panic."""
    return await _native.pick_in_time(items, index)


async def pick_checked(items: list[str], index: int) -> str:
    """Pick in a conversion that returns its error."""
    return await _native.pick_checked(items, index)


async def panicked(payload: str) -> str:
    """Panic with a payload: `&str`, `String`, or another type."""
    return await _native.panicked(payload)


async def panicked_caught(payload: str) -> str:
    """The same, caught inside the future."""
    return await _native.panicked_caught(payload)
