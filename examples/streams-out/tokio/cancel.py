import asyncio

from sensor import channel


async def main():
    sensor, readings = channel(ahead=1)
    reader = asyncio.create_task(readings.__anext__())
    await asyncio.sleep(0)
    sensor.send(0)
    # This returns once Rust has taken the first reading, before the loop runs again.
    sensor.send(1)
    reader.cancel()
    await asyncio.wait([reader])
    print("cancelled:", reader.cancelled())
    print("the next reader gets", await readings.__anext__())


asyncio.run(main())
