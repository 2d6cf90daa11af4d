from asyncio import Future
from typing import final

__all__ = [
    "Closed",
    "query",
    "query_and_closed",
    "query_in_owned_task",
    "query_in_task",
    "query_twice",
]

@final
class Closed:
    def wait(self) -> Future[None]: ...

def query(port: int) -> Future[str]: ...
def query_and_closed(port: int) -> tuple[Future[str], Closed]: ...
def query_in_task(port: int) -> Future[str]: ...
def query_in_owned_task(port: int) -> Future[str]: ...
def query_twice(port: int) -> Future[list[str]]: ...
