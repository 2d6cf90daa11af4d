"""Count primes in Rust, and end when Python cancels."""

from . import _native
from ._native import Progress

__all__ = ["Progress", "primes", "primes_in_thread"]


async def primes(progress: Progress, numbers: int, yields: bool = True) -> int:
    """How many of the first numbers are primes; the polling thread counts."""
    return await _native.primes(progress, numbers, yields)


async def primes_in_thread(progress: Progress, numbers: int) -> int:
    """How many of the first numbers are primes; a blocking thread counts."""
    return await _native.primes_in_thread(progress, numbers)
