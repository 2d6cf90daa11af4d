import asyncio

from my_async_module import rust_sleep

asyncio.run(rust_sleep())
