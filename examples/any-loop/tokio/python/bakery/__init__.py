"""A bakery in Rust, for asyncio, trio and anyio."""

from . import _native
from ._native import UnknownBread, free_places
from .any_loop import wait

__all__ = ["UnknownBread", "bake", "free_places"]


async def bake(bread: str, seconds: float) -> str:
    """Bake one loaf; UnknownBread if there is no recipe for it."""
    loaf: str = await wait(_native.bake, bread, seconds)
    return loaf
