import asyncio

import totals


async def price_of(item):
    await asyncio.sleep(0.01)
    return {"tea": 3, "milk": 2}[item]


async def cell():
    print("in a cell:", totals.total_sync(["tea", "milk"], price_of))
    print("awaited:", await totals.total(["tea", "milk"], price_of))


print("in a script:", totals.total_sync(["tea", "milk"], price_of))
asyncio.run(cell())
