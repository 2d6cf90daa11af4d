import asyncio

from naive_streams import Sensor, Simple, wait_until


async def read(iterator):
    return await iterator.__anext__()


async def main():
    sensor = Sensor(1000)
    iterator = Simple(sensor)
    reader = asyncio.create_task(read(iterator))
    await asyncio.sleep(0)
    # Rust took the first of five, but the loop has not run since.
    wait_until(lambda: sensor.sent == 5)
    reader.cancel()
    await asyncio.wait([reader])
    print("cancelled:", reader.cancelled())
    print("the next reader gets", await read(iterator))


asyncio.run(main())
