import asyncio

from sensor import Sensor, _native


async def main():
    seen = []
    async for reading in _native.Endless(Sensor(3)):
        seen.append(reading)
        if len(seen) == 6:
            break
    print(*seen)


asyncio.run(main())
