import asyncio

from naive_streams import Endless, Sensor


async def main():
    seen = []
    async for reading in Endless(Sensor(3)):
        seen.append(reading)
        if len(seen) == 6:
            break
    print(*seen)


asyncio.run(main())
