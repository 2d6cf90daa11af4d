"""Pass exceptions on through Rust, and read documents whose errors have classes of their own."""

import os
from collections.abc import Awaitable
from typing import Any

from . import _native
from ._native import DocumentError, NotFound, Unreadable

__all__ = [
    "DocumentError",
    "NotFound",
    "Unreadable",
    "read",
    "read_all",
    "relay",
    "relay_text",
    "relay_with_cause",
]


async def relay(awaitable: Awaitable[Any]) -> Any:
    """Await it in Rust, and pass its exception on."""
    return await _native.relay(awaitable)


async def relay_text(awaitable: Awaitable[Any]) -> Any:
    """Await it in Rust, and pass on what its exception says."""
    return await _native.relay_text(awaitable)


async def relay_with_cause(awaitable: Awaitable[Any]) -> Any:
    """Await it in Rust, and make its exception the cause of another."""
    return await _native.relay_with_cause(awaitable)


async def read(folder: "os.PathLike[str] | str", name: str) -> str:
    """The text of one document."""
    return await _native.read(folder, name)


async def read_all(folder: "os.PathLike[str] | str", names: list[str]) -> list[str]:
    """The texts of all documents, or all that went wrong."""
    return await _native.read_all(folder, names)
