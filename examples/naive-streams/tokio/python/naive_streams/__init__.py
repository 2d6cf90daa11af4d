"""Iterators over a Rust stream that do something wrong, and a sensor that can be watched."""

import time
from typing import Callable

from ._native import Bare, Endless, Sensor, Simple

__all__ = ["Bare", "Endless", "Sensor", "Simple", "wait_until"]


def wait_until(reached: Callable[[], bool]) -> None:
    """Blocks the calling thread, and so its loop, for a minute at most."""
    deadline = time.monotonic() + 60
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("not within a minute")
        time.sleep(0)
