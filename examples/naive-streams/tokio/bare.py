import asyncio

from naive_streams import Bare, Sensor


async def main():
    async for reading in Bare(Sensor(3)): print(reading)


asyncio.run(main())
