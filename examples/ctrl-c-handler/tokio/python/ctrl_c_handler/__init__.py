"""A library that handles Ctrl-C in Rust, so the program no longer gets it."""

from ._native import seen, watch_ctrl_c

__all__ = ["seen", "watch_ctrl_c"]
