"""Sleep in Rust, await it in Python."""

from . import _native

__all__ = ["rust_sleep"]


async def rust_sleep(seconds: float) -> None:
    """Sleep on a Rust thread while the event loop keeps running."""
    await _native.rust_sleep(seconds)
