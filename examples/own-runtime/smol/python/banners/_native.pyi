from asyncio import Future
from collections.abc import Awaitable, Callable

__all__ = ["read_banner", "read_banner_once_up"]

def read_banner(host: str, port: int) -> Future[str]: ...
def read_banner_once_up(host: str, port: int, retry: Callable[[OSError], Awaitable[None]]) -> Future[str]: ...
