"""A kitchen with one cook: a thread that works on many dishes at once."""

from ._native import Kitchen, RustPanic

__all__ = ["Kitchen", "RustPanic"]
