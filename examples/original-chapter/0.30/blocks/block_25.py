import asyncio

from my_async_module import rust_sleep

async def main():
    await rust_sleep()

asyncio.run(main())
