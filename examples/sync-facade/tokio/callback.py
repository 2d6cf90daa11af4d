import asyncio

from pricing import _native, price_sync


def price_of(item):
    return price_sync(item)


async def main():
    print(await _native.sum_up(["tea", "milk"], price_of))


asyncio.run(main())
