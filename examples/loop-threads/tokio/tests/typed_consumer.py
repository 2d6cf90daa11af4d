"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from typing import Optional

from quotes import LoopThread, _native, cheapest, price


async def main(background: LoopThread) -> int:
    awaited: int = await price("tea") + await _native.price("milk")
    lowest: Optional[int] = await cheapest([(background.loop, price)], "tea")
    await _native.cheapest([(background.loop, price)], "tea")
    _native.price(3)  # type: ignore[arg-type]
    asyncio.create_task(_native.price("tea"))  # type: ignore[arg-type]
    return awaited + (lowest or 0)


with LoopThread() as background:
    total: int = background.submit(main(background)).result()
