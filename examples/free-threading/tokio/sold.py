import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

from box_office import Show

show = Show(1000)


async def sell(buyers):
    return sum(await asyncio.gather(*(show.sell_online() for _ in range(buyers))))


with ThreadPoolExecutor(4) as threads:
    sold = threads.map(asyncio.run, [sell(500) for _ in range(4)])
    print("sold:", sum(sold))

print("GIL:", getattr(sys, "_is_gil_enabled", lambda: True)())
