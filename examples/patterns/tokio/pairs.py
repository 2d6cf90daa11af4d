import asyncio
import time

import rates
from rates import _native

AWAITS = 1000


def one_by_one(function):
    async def main():
        for code in range(AWAITS):
            await function(code)

    return main


def at_once(function):
    return lambda: function(list(range(AWAITS)))


async def known(_):
    return await rates.rate(1)


BRIDGED = one_by_one(_native.bridged)
READY = one_by_one(_native.bridged_ready)
PAIRS = {
    "many values in one crossing": (BRIDGED, at_once(_native.bridged_many)),
    "one attach for many values": (at_once(_native.attach_each), at_once(_native.bridged_many)),
    "a ready value from an async fn": (READY, one_by_one(_native.ready)),
    "a known value from a function": (READY, one_by_one(known)),
    "an async fn that awaits a task": (BRIDGED, one_by_one(_native.in_task)),
}


async def seconds(program):
    start = time.perf_counter()
    await program()
    return time.perf_counter() - start


async def main():
    await rates.rate(1)
    for name, (before, after) in PAIRS.items():
        factors = [await seconds(before) / await seconds(after) for _ in range(5)]
        print(f"{name}: {sorted(factors)[2]:.1f} times faster")


asyncio.run(main())
