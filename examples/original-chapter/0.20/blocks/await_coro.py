import asyncio

from my_async_module import await_coro


async def py_sleep():
    await asyncio.sleep(1)


await_coro(py_sleep())
