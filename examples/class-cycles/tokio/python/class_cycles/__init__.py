"""Classes that hold a callback, with and without the methods for the garbage collector."""

from ._native import Watcher, WithoutClear, WithoutTraverse

__all__ = ["Watcher", "WithoutClear", "WithoutTraverse"]
