import asyncio
import threading

from totals import _native


async def price_of(item):
    return {"tea": 3, "milk": 2}[item]


def nobody_runs_it():
    loop = asyncio.new_event_loop()
    print(_native.total_sync(["tea", "milk"], price_of, loop))


def it_blocks_itself():
    async def cell():
        loop = asyncio.get_running_loop()
        print(_native.total_sync(["tea", "milk"], price_of, loop))

    asyncio.run(cell())


for waits in (nobody_runs_it, it_blocks_itself):
    thread = threading.Thread(target=waits, daemon=True)
    thread.start()
    thread.join(timeout=2)
    print(waits.__name__, "still waits:", thread.is_alive())
