import asyncio

import limits


async def main():
    try:
        await limits.limit("4711.limit")
    except RuntimeError as error:
        print(error)
        print(f"cause: {error.__cause__!r}")


asyncio.run(main())
