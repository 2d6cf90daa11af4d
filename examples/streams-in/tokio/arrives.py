import asyncio

from intake import _native


async def prices():
    yield 20
    yield 10
    raise ValueError("the third price is missing")


async def main():
    print("total:", await _native.total(prices()))


asyncio.run(main())
