import asyncio
import time

from rates import _native


async def of_asyncio(code):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, 2 * code + 1)
    return await future


async def seconds(function, awaits=1000):
    start = time.perf_counter()
    for code in range(awaits):
        await function(code)
    return time.perf_counter() - start


async def main():
    factors = [await seconds(_native.bridged) / await seconds(of_asyncio) for _ in range(7)]
    print(f"an await of Rust: {sorted(factors)[3]:.0f} times an await of asyncio")


asyncio.run(main())
