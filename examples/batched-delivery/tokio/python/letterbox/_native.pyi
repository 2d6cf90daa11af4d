from asyncio import Future
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

__all__ = [
    "RustPanic",
    "answer",
    "ask_clerk",
    "bridged",
    "bridged_ready",
    "delivered",
    "letter",
    "polled_first",
]

_Answer = TypeVar("_Answer")

class RustPanic(Exception): ...

def bridged(code: int) -> Future[int]: ...
def delivered(code: int) -> Future[int]: ...
def bridged_ready(code: int) -> Future[int]: ...
def polled_first(code: int, ready: bool) -> Future[int]: ...
def letter() -> Future[Decimal]: ...
def answer(count: int) -> None: ...
def ask_clerk(clerk: Callable[[], Awaitable[_Answer]], at_once: bool) -> Future[_Answer]: ...
