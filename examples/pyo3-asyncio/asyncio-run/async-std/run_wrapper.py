import asyncio

from pause import rust_sleep

asyncio.run(rust_sleep(1))
print("Rust slept for a second")
