import asyncio

from feed import _native


async def on_price(price):
    print("the price is", price)


async def main():
    await _native.call_without_loop(on_price)


asyncio.run(main())
