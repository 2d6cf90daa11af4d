import asyncio
import time

from sensor import channel

COUNT = 5_000


async def seconds(read):
    sensor, readings = channel(ahead=COUNT)
    for number in range(COUNT):
        sensor.send(number)
    del sensor
    start = time.perf_counter()
    assert await read(readings) == COUNT
    return time.perf_counter() - start


async def one_by_one(readings):
    return len([reading async for reading in readings])


async def hundreds(readings):
    return sum([len(batch) async for batch in readings.batches(100)])


async def main():
    single, batched = await seconds(one_by_one), await seconds(hundreds)
    print(f"a reading: {single / COUNT * 1e6:.1f} microseconds one by one")
    print(f"a reading: {batched / COUNT * 1e6:.1f} microseconds in batches of 100")
    print("at least five times as fast:", single > 5 * batched)


asyncio.run(main())
