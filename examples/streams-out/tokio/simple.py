import asyncio

from sensor import Sensor, _native


async def main():
    async for reading in _native.Simple(Sensor(3)):
        print(reading)
    print("the end")


asyncio.run(main())
