"""Rates of currencies."""

from . import _native
from ._native import in_task, ready

__all__ = ["in_task", "rate", "rates", "ready"]


async def rate(code: int) -> int:
    """The rate of a currency; a known one needs no crossing between the loops."""
    known = _native.cached(code)
    return await _native.fetch(code) if known is None else known


async def rates(codes: list[int]) -> list[int]:
    """The rates of many currencies, in one crossing."""
    return await _native.bridged_many(codes)
