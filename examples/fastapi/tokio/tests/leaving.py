"""The app that a page shows, in a process that says when it runs its `atexit` functions."""

import atexit

from parcels.service import app

__all__ = ["app"]

atexit.register(print, "atexit has run", flush=True)
