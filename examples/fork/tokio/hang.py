import asyncio
import os
import sys

from counting import _native


async def main(name, patience=None):
    name = f"{name} (pid={os.getpid()})"
    try:
        lines = await asyncio.wait_for(_native.count_on_bridge(__file__), patience)
        print(name, "has counted", lines, "lines", flush=True)
    except asyncio.TimeoutError:
        print(name, "has timed out", flush=True)


asyncio.run(main("parent"))
child = os.fork()
if child == 0:
    asyncio.run(main("child", 1))
    sys.exit()
os.waitpid(child, 0)
