"""A journal that Rust writes in the background."""

from . import _native

__all__ = ["Journal"]


class Journal:
    """Lines for a file; `async with` closes it."""

    def __init__(self, path: str) -> None:
        self._native = _native.Journal(path)

    def write(self, line: str) -> None:
        """Hand a line over, without waiting; ValueError once it is closed."""
        self._native.write(line)

    async def close(self) -> None:
        """Wait until all lines are in the file. Closing it again does no harm."""
        await self._native.close()

    async def __aenter__(self) -> "Journal":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
