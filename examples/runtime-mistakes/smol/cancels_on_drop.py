"""Awaits a sleep on a runtime whose handles cancel their tasks."""

import asyncio

from runtime_mistakes import _native


async def main():
    try:
        await asyncio.wait_for(_native.sleep("CancelsOnDrop", 0.2), timeout=2)
    except asyncio.TimeoutError:
        print("the sleep of 0.2 seconds has not ended after 2 seconds")


asyncio.run(main())
