"""Pick an item of a list in Rust; where there is none, the process ends."""

from . import _native
from ._native import pick_now

__all__ = ["pick", "pick_now"]


async def pick(items: list[str], index: int) -> str:
    """Pick in a bridged future."""
    return await _native.pick(items, index)
