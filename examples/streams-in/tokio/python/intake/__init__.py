"""Rust adds up what an async generator yields."""

from collections.abc import AsyncIterable

from . import _native

__all__ = ["total"]


async def total(items: AsyncIterable[int]) -> int:
    """The sum of all items. The generator is closed, however this ends."""
    return await _native.total(items)
