import asyncio

from call_listeners import call_without_loop


async def on_price(price):
    print("the price is", price)


async def main():
    await call_without_loop(on_price)


asyncio.run(main())
