"""Count the lines of texts without stopping the event loop."""

from . import _native

__all__ = ["count", "count_sent", "offsets"]


async def count(text: bytes) -> int:
    """The number of line ends in the text, which is not copied."""
    return await _native.count(text)


async def count_sent(address: str) -> int:
    """The number of lines that the server at an address, such as "127.0.0.1:80", sends."""
    return await _native.count_sent(address)


async def offsets(text: bytes) -> memoryview:
    """Where each line ends, as a sequence of numbers."""
    return memoryview(await _native.offsets_as_bytes(text)).cast("Q")
