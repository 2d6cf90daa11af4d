import trio
from anyio.from_thread import start_blocking_portal
from bakery import _native


async def bake(bread, seconds):
    return await _native.bake_in_asyncio(bread, seconds)


async def main(asyncio_thread):
    # A function that blocks, in a thread of trio.
    print(await trio.to_thread.run_sync(_native.bake_blocking, "rye", 0.1))

    # A coroutine, in the asyncio loop of another thread.
    print(await trio.to_thread.run_sync(asyncio_thread.call, bake, "rye", 0.1))


with start_blocking_portal() as asyncio_thread:
    trio.run(main, asyncio_thread)
