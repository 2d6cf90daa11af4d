"""A journal that Rust writes in the background."""

from . import _native

__all__ = ["Journal"]


class Journal:
    """Lines for a file; `async with` closes it."""

    def __init__(self, path: str) -> None:
        self._native = _native.Journal(path)

    async def write(self, line: str) -> None:
        """Hand a line over, and wait while a thousand others wait for the file.

        ValueError once the journal is closed; OSError if the file failed."""
        await self._native.write(line)

    async def close(self) -> None:
        """Wait until all lines are in the file; OSError if it failed. Closing it again does no harm."""
        await self._native.close()

    async def __aenter__(self) -> "Journal":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
