from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["total", "total_sync"]

def total(
    items: list[str], price_of: Callable[[str], Coroutine[Any, Any, int]]
) -> Future[int]: ...
def total_sync(
    items: list[str],
    price_of: Callable[[str], Coroutine[Any, Any, int]],
    event_loop: AbstractEventLoop,
) -> int: ...
