# What block 28 of the chapter types at the prompt.
import asyncio

import uvloop

import my_async_module

uvloop.install()


async def main():
    await my_async_module.rust_sleep()


asyncio.run(main())
