"""An HTTP client for asyncio, written in Rust."""

import json
from asyncio import Future
from collections.abc import Mapping
from email.message import Message
from typing import Any, Optional, TypeVar

from . import _native
from .errors import ClosedError, ConnectError, HttpError, HttpTimeout, StatusError

__all__ = [
    "ClosedError",
    "ConnectError",
    "HttpError",
    "HttpTimeout",
    "Response",
    "Session",
    "StatusError",
]

Read = TypeVar("Read")


def _by_name(headers: Optional[Mapping[str, str]]) -> dict[str, str]:
    """Names of HTTP headers are case-insensitive."""
    return {name.lower(): value for name, value in (headers or {}).items()}


# ANCHOR: session
class Session:
    """Connections to one server; `async with` closes them."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Optional[Mapping[str, str]] = None,
        connect_timeout: float = 10,
        read_timeout: float = 60,
    ) -> None:
        self._native = _native.Session(base_url, connect_timeout, read_timeout)
        self._headers = _by_name(headers)

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[bytes] = None,
        timeout: Optional[float] = None,
    ) -> "Response":
        """The response, once its head is received; `timeout` counts until the body is read."""
        pairs = list({**self._headers, **_by_name(headers)}.items())
        return Response(await self._native.request(method, path, pairs, body, timeout))

    async def get(
        self,
        path: str,
        *,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
    ) -> "Response":
        return await self.request("GET", path, headers=headers, timeout=timeout)

    async def post(
        self,
        path: str,
        body: bytes = b"",
        *,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
    ) -> "Response":
        return await self.request("POST", path, headers=headers, body=body, timeout=timeout)

    async def close(self) -> None:
        """End running requests with ClosedError, and close all connections."""
        await self._native.close()

    async def __aenter__(self) -> "Session":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
# ANCHOR_END: session


# ANCHOR: response
class Response:
    """A status, headers, and a body that is read once: whole, or by `async for`."""

    def __init__(self, native: _native.Response) -> None:
        self._native = native
        self.status = native.status
        # Its names are case-insensitive, and `get_all` returns repeated headers.
        self.headers: "Message[str, str]" = Message()
        for name, value in native.headers:
            self.headers[name] = value

    def raise_for_status(self) -> None:
        if self.status >= 400:
            raise StatusError(self.status)

    async def read(self) -> bytes:
        return await self._or_close(self._native.read())

    async def json(self) -> Any:
        return json.loads(await self.read())

    def close(self) -> None:
        """Discard the rest of the body."""
        self._native.close()

    def __aiter__(self) -> "Response":
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._or_close(self._native.chunk())
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def _or_close(self, reading: "Future[Read]") -> Read:
        try:
            return await reading
        except BaseException:
            # A cancelled read may have lost a chunk in the middle of the body.
            self.close()
            raise

    async def __aenter__(self) -> "Response":
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()
# ANCHOR_END: response
