"""The exceptions; every class is an `HttpError`."""

from typing import Any, Optional


class HttpError(Exception):
    """A request without an answer, or a body that broke off. Its cause is the error behind it."""

    def __init__(self, message: str, cause: Optional[BaseException] = None) -> None:
        super().__init__(message)
        self.__cause__ = cause


class ConnectError(HttpError):
    """No connection was made, so the server has not seen the request."""


class HttpTimeout(HttpError):
    """One of the session's or the request's own timeouts has passed."""


class ClosedError(HttpError):
    """The session or the body is closed, or the body is with another reader."""


class StatusError(HttpError):
    """The server answered with a status of 400 or higher."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered with status {status}")
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        # Otherwise pickle and copy would pass the message as `status`.
        return type(self), (self.status,), self.__dict__
