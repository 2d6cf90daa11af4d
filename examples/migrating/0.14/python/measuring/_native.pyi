from asyncio import Future
from typing import Coroutine

__all__ = ["length_of", "rust_sleep"]

def rust_sleep(seconds: float) -> Future[None]: ...
def length_of(coro: Coroutine[object, object, str]) -> Future[int]: ...
