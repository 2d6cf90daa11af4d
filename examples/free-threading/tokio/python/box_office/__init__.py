"""Sell the seats of shows from any number of threads."""

from ._native import Show, count

__all__ = ["Show", "count"]
