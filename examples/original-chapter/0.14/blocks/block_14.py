import asyncio

async def py_sleep():
    asyncio.sleep(1)

await_coro(py_sleep())
