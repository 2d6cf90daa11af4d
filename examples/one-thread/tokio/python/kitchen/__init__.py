"""A kitchen with one cook: a thread that works on many dishes at once."""

from ._native import Kitchen, RustPanic, cook_in_set, cook_local

__all__ = ["Kitchen", "RustPanic", "cook_in_set", "cook_local"]
