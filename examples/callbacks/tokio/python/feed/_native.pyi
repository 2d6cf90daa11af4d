from asyncio import AbstractEventLoop, Future
from contextvars import Context
from typing import Callable, final

__all__ = ["Feed"]

_Listener = tuple[Callable[[int], object], AbstractEventLoop, Context]

@final
class Feed:
    def __new__(cls, listeners: list[_Listener], limit: int) -> Feed: ...
    def publish(self, price: int) -> None: ...
    def drained(self) -> Future[None]: ...
