import asyncio

from sleeper import rust_sleep


async def sleep_and_tell(name, seconds):
    await rust_sleep(seconds)
    print(f"the {name} sleep is over")


async def main():
    await asyncio.gather(sleep_and_tell("long", 1), sleep_and_tell("short", 0.2))


asyncio.run(main())
