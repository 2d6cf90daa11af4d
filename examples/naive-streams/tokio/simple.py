import asyncio

from naive_streams import Sensor, Simple


async def main():
    async for reading in Simple(Sensor(3)):
        print(reading)
    print("the end")


asyncio.run(main())
