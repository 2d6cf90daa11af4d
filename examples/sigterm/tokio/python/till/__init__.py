"""A till that Rust keeps in a file."""

from . import _native

__all__ = ["Till"]


class Till:
    """Sales for a file; `async with` closes it."""

    def __init__(self, path: str) -> None:
        self._native = _native.Till(path)

    async def sell(self, item: str) -> None:
        """Record a sale; ValueError once the till is closed."""
        await self._native.sell(item)

    async def close(self) -> None:
        """Wait until all sales are in the file. Closing it again does no harm."""
        await self._native.close()

    async def __aenter__(self) -> "Till":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
