import asyncio

from closing_mistakes import Eager


async def main():
    async with Eager():
        print("in the block")


asyncio.run(main())
