"""One wait in Rust, four ways to it."""

import asyncio

from ._native import bare, blocks, bridge, channel, counts, entered

__all__ = ["bare", "blocks", "bridge", "channel", "counts", "entered", "in_thread"]


async def in_thread(seconds: float) -> str:
    """The blocking function on a thread of asyncio's pool."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, blocks, seconds)
