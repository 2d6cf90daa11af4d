import asyncio

from kitchen import Kitchen, RustPanic


async def main():
    kitchen = Kitchen()
    rice = kitchen.cook("rice", 0.1)
    try:
        await kitchen.cook("rice", 0.1)
    except RustPanic as panic:
        print(panic)
    print(await rice)


asyncio.run(main())
