import asyncio

from sensor import Sensor, _native


async def main():
    sensor = Sensor(1000)
    kept = _native.Simple(sensor)
    async for reading in kept:
        break
    print("after the break it measures:", sensor.measuring)
    del kept
    sensor.wait_until_stopped()
    print("after the del it measures:", sensor.measuring)


asyncio.run(main())
