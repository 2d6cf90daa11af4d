"""Awaits a Rust job under asyncio or trio, also where anyio runs one of them."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Callable

from ._native import Job


async def wait(start: Callable[..., Job], *arguments: object) -> Any:
    """Call `start(schedule, deliver, *arguments)`, and await the result that Rust delivers.

    If the await is cancelled, so is the job, and a result that comes later is dropped.
    """
    value, error = await _wait_here()(start, *arguments)
    if error is not None:
        try:
            raise error
        finally:
            del error  # its traceback refers to this frame
    return value


def _wait_here() -> Callable[..., Any]:
    if "trio" in sys.modules:
        from sniffio import current_async_library  # trio depends on it

        if current_async_library() == "trio":
            from .in_trio import wait_in_trio

            return wait_in_trio
    return _wait_in_asyncio


async def _wait_in_asyncio(start: Callable[..., Job], *arguments: object) -> Any:
    loop = asyncio.get_running_loop()
    delivered = loop.create_future()

    def deliver(*result: Any) -> None:
        if not delivered.done():  # it is done if the task was cancelled first
            delivered.set_result(result)

    job = start(loop.call_soon_threadsafe, deliver, *arguments)
    try:
        return await delivered
    finally:
        job.cancel()
