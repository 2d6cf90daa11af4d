import asyncio

from wrong_thread import cook_local


async def main():
    print(await cook_local("soup"))


asyncio.run(main())
