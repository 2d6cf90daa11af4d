import asyncio
import os

from lines import _native

os.environ["TOKIO_WORKER_THREADS"] = "1"


async def turn():
    while True:
        _native.turn()
        await asyncio.sleep(0.001)


async def main():
    turning = asyncio.create_task(turn())
    _native.start_beating()
    for place in (_native.on_loop, _native.in_future, _native.on_blocking_thread, _native.on_rayon):
        await asyncio.sleep(0.1)
        turns, beats = await place(1.0)
        print(f"{place.__name__}: {turns} turns of the loop, {beats} beats of tokio")
    turning.cancel()


asyncio.run(main())
