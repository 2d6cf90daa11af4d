"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from banners import _native, read_banner, read_banner_once_up


async def start_server(error: OSError) -> None:
    print(error.errno)


async def main() -> None:
    banner: str = await asyncio.create_task(read_banner("localhost", 25))
    banner = await _native.read_banner("localhost", 25)
    banner = await read_banner_once_up("localhost", 25, start_server)
    await _native.read_banner_once_up("localhost", 25, print)  # type: ignore[arg-type]
    asyncio.create_task(_native.read_banner("localhost", 25))  # type: ignore[arg-type]
    print(banner)
