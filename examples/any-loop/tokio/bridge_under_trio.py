import trio
from bakery import _native


async def main():
    print(await _native.bake_in_asyncio("rye", 0.1))


trio.run(main)
