import asyncio
import threading

from quotes import LoopThread, cheapest, price


async def corner_shop(item):
    print("the corner shop is asked on", threading.current_thread().name)
    return 1 + await price(item)


async def main(background):
    shops = [(asyncio.get_running_loop(), price), (background.loop, corner_shop)]
    print("the lowest price is", await cheapest(shops, "tea"))


with LoopThread() as background:
    asyncio.run(main(background))
