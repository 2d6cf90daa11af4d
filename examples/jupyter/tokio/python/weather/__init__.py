"""Temperatures of weather stations, in degrees Celsius. An unknown station raises KeyError.

Await `temperature` and `lowest`. `temperature_sync` and `lowest_sync` block the thread that calls
them. On the main thread, Ctrl-C and Jupyter's Interrupt end `lowest_sync` with KeyboardInterrupt.
"""

from . import _native
from ._native import lowest_sync, temperature_sync

__all__ = ["lowest", "lowest_sync", "temperature", "temperature_sync"]


async def temperature(station: str) -> float:
    """Ask a station for its temperature."""
    return await _native.temperature(station)


async def lowest(station: str, seconds: float) -> float:
    """Return a station's lowest temperature within so many seconds: ValueError if negative or NaN."""
    return await _native.lowest(station, seconds)
