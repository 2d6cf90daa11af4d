import asyncio

from pause import _native

asyncio.run(_native.rust_sleep(1))
