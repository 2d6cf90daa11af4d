import asyncio

import wrong_thread


async def cell():
    print("tea:", wrong_thread.price_with_own_loop("tea"))


print("milk:", wrong_thread.price_with_own_loop("milk"), flush=True)
asyncio.run(cell())
