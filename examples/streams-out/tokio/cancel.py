import asyncio

from sensor import Readings, Sensor, _native


async def read(iterator):
    return await iterator.__anext__()


async def main():
    for kind in (_native.Simple, Readings):
        sensor = Sensor(1000)
        iterator = kind(sensor)
        reader = asyncio.create_task(read(iterator))
        await asyncio.sleep(0)
        # Rust took the first of five, and the loop has not heard of it yet.
        sensor.wait_until_sent(5)
        reader.cancel()
        await asyncio.wait([reader])
        print(f"{kind.__name__}, cancelled: {reader.cancelled()}")
        print("the next reader gets", await read(iterator))


asyncio.run(main())
