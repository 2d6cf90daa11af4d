import asyncio

import anyio
import trio
from bakery import bake


async def main():
    print(await bake("rye", 0.01))
    with anyio.move_on_after(0.1):
        await bake("baguette", 3600)
    print("closed")


asyncio.run(main())
trio.run(main)
anyio.run(main, backend="trio")
