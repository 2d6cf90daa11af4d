import asyncio

from sleeper import _native


async def main():
    await asyncio.create_task(_native.rust_sleep(1))


asyncio.run(main())
