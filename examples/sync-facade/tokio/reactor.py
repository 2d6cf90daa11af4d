import asyncio

import pricing


async def main():
    print("spawned:", await pricing.price_spawned("tea"), flush=True)
    print("polled:", await pricing.price_polled("tea"))


asyncio.run(main())
