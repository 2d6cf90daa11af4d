"""What `async for` does with three iterators over a Rust stream, a test for each sentence."""

import asyncio
import gc

import pytest
from naive_streams import Bare, Endless, Sensor, Simple, wait_until


async def awaited(awaitable):
    return await awaitable


async def rest(iterator):
    return [reading async for reading in iterator]


# How it goes wrong


def test_a_number_is_nothing_that_async_for_can_await():
    with pytest.raises(TypeError) as caught:
        asyncio.run(rest(Bare(Sensor(3))))
    assert str(caught.value) == "'async for' received an invalid object from __anext__: int"


def test_the_mistake_hides_while_the_stream_is_empty():
    assert asyncio.run(rest(Bare(Sensor(0)))) == []


def test_a_none_inside_the_future_does_not_end_the_loop():
    async def main():
        seen = []
        async for reading in Endless(Sensor(3)):
            seen.append(reading)
            if len(seen) == 100:
                break
        return seen

    assert asyncio.run(main()) == [0, 1, 2] + 97 * [None]


# How it goes right


def test_it_ends_after_the_last_reading_and_stays_at_its_end():
    async def main():
        iterator = Simple(Sensor(100))
        assert await rest(iterator) == list(range(100))
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await iterator.__anext__()

    asyncio.run(main())


def test_the_sensor_is_four_readings_ahead_and_no_more():
    async def main():
        sensor = Sensor(1000)
        iterator = Simple(sensor)
        for read in range(50):
            wait_until(lambda: sensor.sent == read + 4)
            # Each of these gives the threads of tokio the time for many more.
            for _ in range(10):
                await Simple(Sensor(1)).__anext__()
                assert sensor.sent == read + 4
            assert await iterator.__anext__() == read

    asyncio.run(main())


def test_after_a_break_the_sensor_measures_until_the_iterator_is_let_go():
    async def main():
        sensor = Sensor(1000)
        iterator = Simple(sensor)
        async for _ in iterator:
            break
        gc.collect()
        await asyncio.sleep(0)
        assert sensor.measuring
        assert await iterator.__anext__() == 1
        del iterator
        wait_until(lambda: not sensor.measuring)

    asyncio.run(main())


def test_an_iterator_that_only_the_loop_has_is_let_go_at_the_break():
    async def main():
        sensor = Sensor(1000)
        async for _ in Simple(sensor):
            break
        wait_until(lambda: not sensor.measuring)
        assert sensor.sent < 10

    asyncio.run(main())


def test_two_readers_share_the_readings_and_each_goes_to_one():
    async def main():
        iterator = Simple(Sensor(1000))
        first, second = await asyncio.gather(rest(iterator), rest(iterator))
        assert sorted(first + second) == list(range(1000))
        assert first == sorted(first) and second == sorted(second)
        assert first and second

    asyncio.run(main())


def test_an_error_ends_the_loop_and_the_readings_go_on_after_it():
    async def main():
        iterator = Simple(Sensor(6, breaks_at=2))
        seen = []
        with pytest.raises(OSError) as caught:
            async for reading in iterator:
                seen.append(reading)
        assert (type(caught.value), str(caught.value)) == (OSError, "the sensor is gone")
        assert seen == [0, 1]
        assert await rest(iterator) == [3, 4, 5]

    asyncio.run(main())


# Cancelled while it waits


async def cancelled(iterator, sensor):
    """Cancels a reader after Rust took its reading, and before the loop has heard of it."""
    reader = asyncio.ensure_future(awaited(iterator.__anext__()))
    await asyncio.sleep(0)
    wait_until(lambda: sensor.sent == 5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


def test_a_reading_on_its_way_to_a_cancelled_future_is_lost():
    async def main():
        sensor = Sensor(100)
        iterator = Simple(sensor)
        await cancelled(iterator, sensor)
        assert await rest(iterator) == list(range(1, 100))

    asyncio.run(main())
