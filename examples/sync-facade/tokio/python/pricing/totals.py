"""Totals that need a coroutine for each price, with a loop for callers that have none."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Optional

from . import _native

PriceOf = Callable[[str], Coroutine[Any, Any, int]]


async def total(items: list[str], price_of: PriceOf) -> int:
    """Await a coroutine for each price."""
    return await _native.total(items, price_of)


def total_sync(items: list[str], price_of: PriceOf) -> int:
    """The same, blocking, inside any loop or without one."""
    return _native.total_sync(items, price_of, own_loop())


_starting = threading.Lock()
_own_loop: Optional[asyncio.AbstractEventLoop] = None


def own_loop() -> asyncio.AbstractEventLoop:
    """The loop of this module, which a thread of its own runs."""
    global _own_loop
    with _starting:
        if _own_loop is None:
            _own_loop = asyncio.new_event_loop()
            threading.Thread(target=_own_loop.run_forever, daemon=True).start()
    return _own_loop
