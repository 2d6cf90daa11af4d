import asyncio
import time

from sleeper import rust_sleep


async def main():
    start = time.monotonic()
    await asyncio.gather(rust_sleep(1), rust_sleep(1))
    print(f"two sleeps of 1 s took {time.monotonic() - start:.0f} s")


asyncio.run(main())
