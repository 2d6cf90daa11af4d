# What block 10 of the chapter types at the prompt.
import asyncio

from my_async_module import rust_sleep


async def main():
    await rust_sleep()


asyncio.run(main())
