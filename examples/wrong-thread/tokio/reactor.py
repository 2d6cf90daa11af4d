import asyncio

from wrong_thread import price_polled


async def main():
    print(await price_polled("tea"))


asyncio.run(main())
