"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from ipaddress import IPv4Address, IPv6Address
from typing import Union

from resolver import _native, resolve


async def main() -> None:
    first: Union[IPv4Address, IPv6Address] = await asyncio.create_task(resolve("localhost"))
    print(first, await _native.resolve("localhost"))
    await _native.resolve(1)  # type: ignore[arg-type]
    asyncio.create_task(_native.resolve("localhost"))  # type: ignore[arg-type]
