import asyncio
from pathlib import Path

from logging_mistakes import _native


async def main():
    await _native.pack_lost(7, "lost.log")
    await _native.pack_kept(8, "kept.log")


asyncio.run(main())
for name in ["lost.log", "kept.log"]:
    print(name)
    print(Path(name).read_text(), end="")
