import asyncio

from limits import _native


async def main():
    await _native.limit_with_causes("4711.limit")


asyncio.run(main())
