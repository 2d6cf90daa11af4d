import asyncio
import time

import lines
from lines import _native

TEXT = b"\n" * 3_000_000


async def turn(pauses):
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0)
        pauses.append(time.perf_counter() - before)


async def main():
    for offsets in (_native.offsets_as_list, lines.offsets):
        pauses = []
        turning = asyncio.create_task(turn(pauses))
        ends = await offsets(TEXT)
        turning.cancel()
        print(f"{offsets.__name__}: {len(ends)} ends, a pause of {max(pauses) * 1000:.0f} ms")


asyncio.run(main())
