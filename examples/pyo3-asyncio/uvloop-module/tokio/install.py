import asyncio

import uvloop
from doze import rust_sleep


async def main():
    await rust_sleep(1)
    print("Rust slept, while Python ran", type(asyncio.get_running_loop()))


uvloop.install()
asyncio.run(main())
