from asyncio import Future
from ipaddress import IPv4Address, IPv6Address

__all__ = ["resolve"]

def resolve(host: str) -> Future[IPv4Address | IPv6Address]: ...
