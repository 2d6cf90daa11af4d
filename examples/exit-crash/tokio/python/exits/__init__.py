"""The same sleep with the plain bridge and with each remedy for the crash at exit."""

from . import _native

__all__ = ["counted_sleep", "owned_sleep", "rust_sleep"]


async def rust_sleep(seconds: float) -> None:
    """Sleep on the bridge's runtime, with nothing done for the exit."""
    await _native.rust_sleep(seconds)


async def owned_sleep(seconds: float) -> None:
    """Sleep on a runtime that `_native.shut_down` ends."""
    await _native.owned_sleep(seconds)


async def counted_sleep(seconds: float) -> None:
    """Sleep with deliveries that `_native.stop_deliveries` waits for."""
    await _native.counted_sleep(seconds)
