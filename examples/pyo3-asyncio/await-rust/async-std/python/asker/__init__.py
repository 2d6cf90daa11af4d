"""Ask a server a question, on a Rust thread."""

from . import _native

__all__ = ["ask", "call_rust_sleep"]


async def call_rust_sleep(seconds: float) -> None:
    """Sleep in Rust."""
    await _native.call_rust_sleep(seconds)


async def ask(port: int, question: str) -> str:
    """Send a line to the server at `port` of this machine and return the line it answers."""
    return await _native.ask(port, question)
