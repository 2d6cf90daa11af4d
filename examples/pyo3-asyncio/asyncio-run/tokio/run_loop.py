import asyncio
from contextlib import closing

from pause import _native

with closing(asyncio.new_event_loop()) as loop:
    loop.run_until_complete(_native.rust_sleep_on(loop, 1))
print("Rust slept for a second")
