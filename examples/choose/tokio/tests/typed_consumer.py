"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from waiting import bare, blocks, bridge, counts, entered, in_thread


async def main() -> None:
    first: str = await bridge(0)
    asyncio.create_task(bridge(0))  # type: ignore[arg-type]
    second = await asyncio.create_task(entered(0))
    third: str = await bare(0)
    await blocks(0)  # type: ignore[misc]
    started, finished, dropped = counts()
    print(first + second + third + await in_thread(0), started + finished + dropped)
