from asyncio import Future
from typing import final

__all__ = ["Till"]

@final
class Till:
    def __new__(cls, path: str) -> Till: ...
    def sell(self, item: str) -> Future[None]: ...
    def close(self) -> Future[None]: ...
