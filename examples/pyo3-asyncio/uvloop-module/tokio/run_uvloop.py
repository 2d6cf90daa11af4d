import asyncio

import uvloop
from doze import rust_sleep


async def main():
    await rust_sleep(1)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, uvloop.Loop)
    print("Rust slept, while Python ran", type(loop))


uvloop.run(main())
