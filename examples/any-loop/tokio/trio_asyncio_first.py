import trio_asyncio  # before the first call of the bridge
import trio
from bakery import _native


async def bake(bread, seconds):
    return await _native.bake_in_asyncio(bread, seconds)


async def main():
    async with trio_asyncio.open_loop():
        print(await trio_asyncio.aio_as_trio(bake)("rye", 0.1))


trio.run(main)
