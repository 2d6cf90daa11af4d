from asyncio import Future
from typing import final

__all__ = ["Journal"]

@final
class Journal:
    def __new__(cls, path: str) -> Journal: ...
    def write(self, line: str) -> Future[None]: ...
    def close(self) -> Future[None]: ...
