"""Read the first line that a server sends, its banner, with Rust on smol."""

from collections.abc import Awaitable, Callable

from . import _native

__all__ = ["read_banner", "read_banner_once_up"]


async def read_banner(host: str, port: int) -> str:
    """Return the first line of a server; OSError if there is none to connect to."""
    return await _native.read_banner(host, port)


async def read_banner_once_up(host: str, port: int, retry: Callable[[OSError], Awaitable[None]]) -> str:
    """Do the same, but await `retry(error)` after each failure, and then try again."""
    return await _native.read_banner_once_up(host, port, retry)
