"""A press in Rust, which prints one order at a time into a file."""

from __future__ import annotations

import os

from . import _native
from ._native import running

__all__ = ["Press", "running"]


class Press:
    """Prints into a file, which is made empty at once; OSError if that fails.

    Use it in `async with`, or await `close`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._press = _native.Press(path)

    async def print(self, order: str, seconds: float = 0.0) -> str:
        """Wait for the press, then print for so many seconds.

        A cancelled order frees the press. Raises ValueError if the press is closed or the time is negative,
        and OSError if the file can't be written.
        """
        return await self._press.print(order, seconds)

    def print_blocking(self, order: str, seconds: float = 0.0) -> str:
        """Print as `print` does, for callers without an event loop: it blocks the thread, without the GIL."""
        return self._press.print_blocking(order, seconds)

    async def close(self) -> None:
        """Wait for the order that is being printed, then close the file; a closed press stays closed."""
        await self._press.close()

    async def __aenter__(self) -> Press:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
