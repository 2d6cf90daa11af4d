"""Read the limits of cards, and ask customers."""

import os
from collections.abc import Awaitable
from typing import TypeVar

from . import _native

__all__ = ["confirm", "confirm_with_causes", "limit", "limit_with_causes"]

Answer = TypeVar("Answer")


async def limit(path: "os.PathLike[str] | str") -> int:
    """The limit in a file; every error is a `RuntimeError`."""
    return await _native.limit(path)


async def limit_with_causes(path: "os.PathLike[str] | str") -> int:
    """The limit in a file; the cause of a `RuntimeError` is the error behind it."""
    return await _native.limit_with_causes(path)


async def confirm(question: Awaitable[Answer]) -> Answer:
    """The answer to a question; every error is a `RuntimeError`, and so is a cancellation."""
    return await _native.confirm(question)


async def confirm_with_causes(question: Awaitable[Answer]) -> Answer:
    """The answer to a question; a cancellation stays one."""
    return await _native.confirm_with_causes(question)
