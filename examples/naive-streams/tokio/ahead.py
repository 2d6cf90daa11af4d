import asyncio

from naive_streams import Sensor, Simple, wait_until


async def main():
    sensor = Sensor(1000)
    iterator = Simple(sensor)
    for _ in range(3):
        wait_until(lambda: sensor.sent == 4)
        await asyncio.sleep(0.1)
        print("nothing read,", sensor.sent, "sent")
    for _ in range(5):
        await iterator.__anext__()
    wait_until(lambda: sensor.sent == 9)
    await asyncio.sleep(0.1)
    print("five read,", sensor.sent, "sent")


asyncio.run(main())
