"""Classes that look closed when their block or their life ends, and are not."""

from ._native import Eager, WithDel, WithDrop

__all__ = ["Eager", "WithDel", "WithDrop"]
