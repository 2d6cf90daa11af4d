"""Classes that are still open after their block, or when they are dropped."""

from ._native import Eager, WithDel, WithDrop

__all__ = ["Eager", "WithDel", "WithDrop"]
