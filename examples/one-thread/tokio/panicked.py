import asyncio

from kitchen import Kitchen


async def main():
    kitchen = Kitchen()
    rice = kitchen.cook("rice", 0.1)
    try:
        await kitchen.cook("soup", -1)
    except RuntimeError as error:
        print(error)
    print(await rice)


asyncio.run(main())
