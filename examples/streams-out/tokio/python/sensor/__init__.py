"""The readings of a sensor, streamed by Rust."""

from collections.abc import AsyncIterator

from . import _native
from ._native import Sensor

__all__ = ["Readings", "Sensor", "channel"]


def channel(ahead: int = 4) -> "tuple[Sensor, Readings]":
    """A sensor and its readings, which end when the sensor is dropped."""
    sensor, readings = _native.channel(ahead)
    return sensor, Readings(readings)


class Readings:
    """Readings for `async for`, each of them once; `async with` closes the stream."""

    def __init__(self, native: _native.Readings) -> None:
        self._native = native

    def __aiter__(self) -> "Readings":
        return self

    async def __anext__(self) -> int:
        for reading in await self._next(1):
            return reading
        raise StopAsyncIteration

    async def batches(self, size: int) -> AsyncIterator[list[int]]:
        """Lists of the available readings: at least one, at most `size`."""
        while batch := await self._next(size):
            yield batch

    async def _next(self, most: int) -> list[int]:
        while await self._native.ready():
            # Another reader may have been faster: then wait again.
            if taken := self._native.take(most):
                return taken
        return []

    async def aclose(self) -> None:
        """Drop the stream. Closing it again does no harm."""
        await self._native.aclose()

    async def __aenter__(self) -> "Readings":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()
