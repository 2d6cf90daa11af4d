"""Resolve host names in Rust, in the main interpreter only."""

from ipaddress import IPv4Address, IPv6Address

from . import _native

__all__ = ["resolve"]


async def resolve(host: str) -> "IPv4Address | IPv6Address":
    """The first address of a host; OSError if it has none."""
    return await _native.resolve(host)
