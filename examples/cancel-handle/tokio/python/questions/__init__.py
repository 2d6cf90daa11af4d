"""Ask a question, in three coroutines of Rust that Python can cancel."""

from ._native import Question, ask, ask_or_withdraw, ask_to_the_end

__all__ = ["Question", "ask", "ask_or_withdraw", "ask_to_the_end"]
