import asyncio

import pricing


async def cell():
    print("tea:", pricing.price_with_own_loop("tea"))


print("milk:", pricing.price_with_own_loop("milk"), flush=True)
asyncio.run(cell())
