from asyncio import Future
from typing import final

__all__ = ["Response", "Session"]

@final
class Session:
    def __new__(cls, base_url: str, connect_timeout: float, read_timeout: float) -> Session: ...
    def request(
        self,
        method: str,
        path: str,
        headers: list[tuple[str, str]],
        body: bytes | None,
        timeout: float | None,
    ) -> Future[Response]: ...
    def close(self) -> Future[None]: ...

@final
class Response:
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> list[tuple[str, str]]: ...
    def chunk(self) -> Future[bytes | None]: ...
    def read(self) -> Future[bytes]: ...
    def close(self) -> None: ...
