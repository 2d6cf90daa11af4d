import asyncio

from pause import _native


async def main():
    await _native.rust_sleep(1)
    print("Rust slept for a second")


asyncio.run(main())
