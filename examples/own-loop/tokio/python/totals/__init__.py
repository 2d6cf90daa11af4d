"""Totals that need a coroutine for each price, with a loop for callers that have none."""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Optional

from . import _native

__all__ = ["PriceOf", "own_loop", "total", "total_sync"]

PriceOf = Callable[[str], Coroutine[Any, Any, int]]


async def total(items: list[str], price_of: PriceOf) -> int:
    """Await a coroutine for each price."""
    return await _native.total(items, price_of)


def total_sync(items: list[str], price_of: PriceOf) -> int:
    """The same, blocking, inside any loop or without one."""
    return _native.total_sync(items, price_of, own_loop())


_starting = threading.Lock()
_running: Optional[tuple[asyncio.AbstractEventLoop, threading.Thread]] = None


def own_loop() -> asyncio.AbstractEventLoop:
    """The loop of this module, which a thread of its own runs."""
    global _running
    with _starting:
        if _running is None:
            loop = asyncio.new_event_loop()
            # Python would wait for a non-daemon thread before it calls `_stop`.
            _running = loop, threading.Thread(target=loop.run_forever, daemon=True)
            _running[1].start()
    return _running[0]


def _stop() -> None:
    """End the thread, so that none is inside Python at finalization."""
    if _running is not None:
        loop, thread = _running
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        if not thread.is_alive():
            loop.close()


def _forget() -> None:
    """A forked process has a copy of the loop, but not its thread."""
    global _starting, _running
    _starting, _running = threading.Lock(), None


atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
