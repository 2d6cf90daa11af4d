import asyncio

import pricing


async def cell():
    print("in a cell:", pricing.price_sync("tea"), await pricing.price("milk"))


print("in a script:", pricing.price_sync("tea"))
asyncio.run(cell())
