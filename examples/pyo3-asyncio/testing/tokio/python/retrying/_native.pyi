from asyncio import Future
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["retry"]

T = TypeVar("T")

def retry(call: Callable[[], Awaitable[T]], times: int, pause: float) -> Future[T]: ...
