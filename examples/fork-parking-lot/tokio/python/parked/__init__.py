"""Count the lines of a file in Rust, on threads that keep running."""

from ._native import count

__all__ = ["count"]
