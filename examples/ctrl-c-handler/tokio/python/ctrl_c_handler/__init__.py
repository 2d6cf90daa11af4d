"""A library that hears of Ctrl-C in Rust, and takes it from the program."""

from ._native import seen, watch_ctrl_c

__all__ = ["seen", "watch_ctrl_c"]
