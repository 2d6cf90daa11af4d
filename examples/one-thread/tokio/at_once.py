import asyncio

from kitchen import Kitchen


async def main():
    kitchen = Kitchen()
    soup = kitchen.cook("soup", 3600)
    print(await kitchen.cook("rice", 0.1))
    print("on the stove:", await kitchen.stove())

    soup.cancel()
    while await kitchen.stove():
        pass
    print("on the stove:", await kitchen.stove())


asyncio.run(main())
