import asyncio
import time

from crossing import _native

CALLS = 20_000


async def python():
    return None


async def seconds(function):
    start = time.perf_counter()
    for _ in range(CALLS):
        await function()
    return time.perf_counter() - start


async def main():
    coroutine, bridge, polled = [
        await seconds(function) for function in (python, _native.bridge, _native.polled)
    ]
    print(f"{CALLS} coroutines of Python: {coroutine:.4f} s")
    print(f"{CALLS} futures of the bridge: {bridge:.4f} s")
    print(f"{CALLS} times PyO3's own async fn: {polled:.4f} s")
    print("the bridge takes more than 50 times as long:", bridge > 50 * coroutine)


asyncio.run(main())
