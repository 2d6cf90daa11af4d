import asyncio

from waiter import await_callable, await_coro


async def py_sleep():
    await asyncio.sleep(1)
    return "Python slept for a second"


async def main():
    print(await await_coro(py_sleep()))
    print(await await_callable(py_sleep))


asyncio.run(main())
