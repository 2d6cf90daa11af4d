import asyncio

import pricing


async def main():
    items = ["tea", "milk"]
    print("on a thread that may block:", await pricing.sum_apart(items, pricing.price_sync))
    print("with block_in_place:", await pricing.sum_up(items, pricing.price_anywhere))


asyncio.run(main())
