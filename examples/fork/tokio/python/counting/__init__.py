"""Count the lines of a file in Rust, also in a forked process."""

from . import _native

__all__ = ["count"]


async def count(path: str) -> int:
    """The number of lines in the file."""
    return await _native.count(path)
