import asyncio

from my_async_module import await_coro


async def py_sleep():
    await asyncio.sleep(1)


async def main():
    try:
        await_coro(py_sleep())
    except RuntimeError as error:
        print(error)


asyncio.run(main())
