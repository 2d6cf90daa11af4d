import asyncio

from sleeper import _native

asyncio.run(_native.rust_sleep(1))
