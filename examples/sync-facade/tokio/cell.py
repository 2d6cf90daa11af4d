import asyncio

import pricing


def price_now(item):
    return asyncio.run(pricing.price(item))


async def cell():
    print("tea:", price_now("tea"))


print("milk:", price_now("milk"), flush=True)
asyncio.run(cell())
