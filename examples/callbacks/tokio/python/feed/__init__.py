"""Prices for callbacks, plain functions and async ones."""

import asyncio
import inspect
from contextvars import copy_context
from typing import Any, Callable

from . import _native

__all__ = ["Feed", "call"]


class Feed:
    """Calls its listeners with each price, in the order of `publish`, one call after the other.

    `limit` prices may wait for their turn. Those that wait when the feed is dropped are not delivered.
    """

    def __init__(self, limit: int = 1000) -> None:
        self._listeners: list[_native._Listener] = []
        self._native = _native.Feed(self._listeners, limit)

    def subscribe(self, callback: Callable[[int], object]) -> None:
        """Have the running loop call `callback`, in the context of this call."""
        self._listeners.append((callback, asyncio.get_running_loop(), copy_context()))

    def unsubscribe(self, callback: Callable[[int], object]) -> None:
        """Prices published before still come. ValueError if no such callback is subscribed."""
        for listener in self._listeners.copy():
            if callback == listener[0]:
                self._listeners.remove(listener)
                return
        raise ValueError("this callback is not subscribed")

    def publish(self, price: int) -> None:
        """Return at once. asyncio.QueueFull if `limit` prices wait."""
        self._native.publish(price)

    def drained(self) -> "asyncio.Future[None]":
        """Ends when what was published before has been delivered. A cancel stops the wait only."""
        return self._native.drained()


async def call(callback: Callable[[int], object], price: int) -> Any:
    """Rust awaits this on the loop for each callback, async or not."""
    result = callback(price)
    if inspect.isawaitable(result):
        result = await result
    return result
