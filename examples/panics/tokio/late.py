import asyncio

import picker


async def main():
    try:
        print(await asyncio.wait_for(picker.pick_late(["tea", "milk"], 7), timeout=5))
    except asyncio.TimeoutError:
        print("the await has not ended in 5 seconds")


asyncio.run(main())
