from asyncio import Future
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["retry"]

_T = TypeVar("_T")

def retry(call: Callable[[], Awaitable[_T]], times: int, pause: float) -> Future[_T]: ...
