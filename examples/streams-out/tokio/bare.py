import asyncio

from sensor import Sensor, _native


async def main():
    async for reading in _native.Bare(Sensor(3)): print(reading)


asyncio.run(main())
