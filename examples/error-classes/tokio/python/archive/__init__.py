"""Read documents by name; each way to fail has an exception class of its own."""

import os

from . import _native
from ._native import DocumentError, NotFound, Unreadable

__all__ = ["DocumentError", "NotFound", "Unreadable", "read", "read_all"]


async def read(folder: "os.PathLike[str] | str", name: str) -> str:
    """The text of one document; `DocumentError` if it can't be read."""
    return await _native.read(folder, name)


async def read_all(folder: "os.PathLike[str] | str", names: list[str]) -> list[str]:
    """The texts of all documents, or all that went wrong."""
    return await _native.read_all(folder, names)
