import asyncio

from ledger._native import Eager


async def main():
    async with Eager():
        print("in the block")


asyncio.run(main())
