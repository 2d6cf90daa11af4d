import asyncio

from naive_streams import Sensor, Simple, wait_until


async def main():
    sensor = Sensor(1000)
    kept = Simple(sensor)
    async for reading in kept:
        break
    print("after the break it measures:", sensor.measuring)
    del kept
    wait_until(lambda: not sensor.measuring)
    print("after the del it measures:", sensor.measuring)


asyncio.run(main())
