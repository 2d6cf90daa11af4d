import asyncio

from sensor import Sensor, _native


async def main():
    sensor = Sensor(1000)
    iterator = _native.Simple(sensor)
    for _ in range(3):
        sensor.wait_until_sent(4)
        await asyncio.sleep(0.1)
        print("nothing read,", sensor.sent, "sent")
    for _ in range(5):
        await iterator.__anext__()
    sensor.wait_until_sent(9)
    await asyncio.sleep(0.1)
    print("five read,", sensor.sent, "sent")


asyncio.run(main())
