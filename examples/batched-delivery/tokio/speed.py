import asyncio
import time

from letterbox import _native


def one_by_one(function):
    async def main():
        for code in range(300):
            await function(code)

    return main


def at_once(function):
    async def main():
        await asyncio.gather(*map(function, range(10_000)))

    return main


def ready(code):
    return _native.polled_first(code, True)


PAIRS = {
    "one after the other": (one_by_one(_native.bridged), one_by_one(_native.delivered)),
    "10,000 at once": (at_once(_native.bridged), at_once(_native.delivered)),
    "ready at the first poll": (one_by_one(_native.bridged_ready), one_by_one(ready)),
}


async def seconds(program):
    start = time.perf_counter()
    await program()
    return time.perf_counter() - start


async def main():
    for name, (before, after) in PAIRS.items():
        factors = [await seconds(before) / await seconds(after) for _ in range(3)]
        print(f"{name}: {sorted(factors)[1]:.1f} times faster")


asyncio.run(main())
