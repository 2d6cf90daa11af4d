import asyncio

from kitchen import cook_local


async def main():
    print(await cook_local("soup", 0.1))


asyncio.run(main())
