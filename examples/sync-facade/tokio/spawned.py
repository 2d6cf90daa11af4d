import asyncio

from pricing import price_spawned


async def main():
    print(await price_spawned("tea"))


asyncio.run(main())
