"""`mypy --strict` passes this file only while the stub says what the module does."""

from sensor import channel


async def main() -> int:
    total = 0
    sensor, readings = channel(ahead=9)
    sensor.send(7)
    sensor.send("7")  # type: ignore[arg-type]
    sensor.send(None)
    async with readings:
        async for reading in readings:
            total += reading
        async for batch in readings.batches(3):
            total += sum(batch)
    return total
