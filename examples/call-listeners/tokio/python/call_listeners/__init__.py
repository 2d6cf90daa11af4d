"""Ways to call a listener from Rust: which loop, thread and context it gets."""

from ._native import call_here, call_on_loop, call_without_loop, trace

__all__ = ["call_here", "call_on_loop", "call_without_loop", "trace"]
