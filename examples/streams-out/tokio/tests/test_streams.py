"""What `async for` does with a Rust stream, a test for each sentence."""

import asyncio
import gc

import pytest
from sensor import Readings, Sensor, _native

BOTH = pytest.mark.parametrize("kind", [_native.Simple, Readings])


async def awaited(awaitable):
    return await awaitable


async def rest(iterator):
    return [reading async for reading in iterator]


# How it goes wrong


def test_a_number_is_nothing_that_async_for_can_await():
    with pytest.raises(TypeError) as caught:
        asyncio.run(rest(_native.Bare(Sensor(3))))
    assert str(caught.value) == "'async for' received an invalid object from __anext__: int"


def test_the_mistake_hides_while_the_stream_is_empty():
    assert asyncio.run(rest(_native.Bare(Sensor(0)))) == []


def test_a_none_inside_the_future_does_not_end_the_loop():
    async def main():
        seen = []
        async for reading in _native.Endless(Sensor(3)):
            seen.append(reading)
            if len(seen) == 100:
                break
        return seen

    assert asyncio.run(main()) == [0, 1, 2] + 97 * [None]


def test_without_aiter_it_is_refused():
    with pytest.raises(TypeError) as caught:
        asyncio.run(rest(_native.Readings(Sensor(3))))
    expected = "'async for' requires an object with __aiter__ method, got "
    assert str(caught.value) in (expected + "Readings", expected + "builtins.Readings")


# How it goes right


@BOTH
def test_it_ends_after_the_last_reading_and_stays_at_its_end(kind):
    async def main():
        iterator = kind(Sensor(100))
        assert await rest(iterator) == list(range(100))
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await iterator.__anext__()

    asyncio.run(main())


@BOTH
def test_the_sensor_is_four_readings_ahead_and_no_more(kind):
    async def main():
        sensor = Sensor(1000)
        iterator = kind(sensor)
        for read in range(50):
            sensor.wait_until_sent(read + 4)
            # Each of these gives the threads of tokio the time for many more.
            for _ in range(10):
                await _native.Simple(Sensor(1)).__anext__()
                assert sensor.sent == read + 4
            assert await iterator.__anext__() == read

    asyncio.run(main())


@BOTH
def test_after_a_break_the_sensor_measures_until_the_iterator_is_let_go(kind):
    async def main():
        sensor = Sensor(1000)
        iterator = kind(sensor)
        async for _ in iterator:
            break
        gc.collect()
        await asyncio.sleep(0)
        assert sensor.measuring
        assert await iterator.__anext__() == 1
        del iterator
        sensor.wait_until_stopped()

    asyncio.run(main())


@BOTH
def test_an_iterator_that_only_the_loop_has_is_let_go_at_the_break(kind):
    async def main():
        sensor = Sensor(1000)
        async for _ in kind(sensor):
            break
        sensor.wait_until_stopped()
        assert sensor.sent < 10

    asyncio.run(main())


def test_the_block_closes_it_after_a_break():
    async def main():
        sensor = Sensor(1000)
        async with Readings(sensor) as readings:
            async for _ in readings:
                break
        assert await rest(readings) == []
        sensor.wait_until_stopped()
        await readings.aclose()

    asyncio.run(main())


def test_the_block_closes_it_after_an_error():
    async def main():
        sensor = Sensor(1000)
        with pytest.raises(LookupError, match="^mine$"):
            async with Readings(sensor) as readings:
                raise LookupError("mine")
        assert await rest(readings) == []
        sensor.wait_until_stopped()

    asyncio.run(main())


def test_aclose_ends_the_loop_of_another_reader_that_waits():
    async def main():
        sensor = Sensor(2, pauses_at=1)
        readings = Readings(sensor)
        reader = asyncio.ensure_future(rest(readings))
        sensor.wait_until_sent(1)
        for _ in range(10):
            await _native.Simple(Sensor(1)).__anext__()
        assert not reader.done()
        await asyncio.wait_for(readings.aclose(), 60)
        assert await asyncio.wait_for(reader, 60) == [0]
        sensor.wait_until_stopped()
        assert sensor.sent == 1

    asyncio.run(main())


@BOTH
def test_two_readers_share_the_readings_and_each_goes_to_one(kind):
    async def main():
        iterator = kind(Sensor(1000))
        first, second = await asyncio.gather(rest(iterator), rest(iterator))
        assert sorted(first + second) == list(range(1000))
        assert first == sorted(first) and second == sorted(second)
        assert first and second

    asyncio.run(main())


@BOTH
def test_an_error_ends_the_loop_and_the_readings_go_on_after_it(kind):
    async def main():
        iterator = kind(Sensor(6, breaks_at=2))
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
    sensor.wait_until_sent(5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


def test_a_reading_on_its_way_to_a_cancelled_future_is_lost():
    async def main():
        sensor = Sensor(100)
        iterator = _native.Simple(sensor)
        await cancelled(iterator, sensor)
        assert await rest(iterator) == list(range(1, 100))

    asyncio.run(main())


def test_a_reading_that_nobody_took_waits_for_the_next_reader():
    async def main():
        sensor = Sensor(100)
        readings = Readings(sensor)
        await cancelled(readings, sensor)
        assert await rest(readings) == list(range(100))

    asyncio.run(main())


def test_a_reader_that_is_cancelled_in_the_turn_of_its_news_loses_nothing(monkeypatch):
    async def main():
        readings = Readings(Sensor(100))
        native = readings._native

        class Cancelling:
            take = native.take

            def ready(self, most):
                future = native.ready(most)
                # It runs before the task hears that the future is done.
                future.add_done_callback(lambda _: reader.cancel())
                return future

        readings._native = Cancelling()
        reader = asyncio.ensure_future(readings.__anext__())
        with pytest.raises(asyncio.CancelledError):
            await reader
        readings._native = native
        assert await rest(readings) == list(range(100))

    asyncio.run(main())


def test_a_reader_that_is_cancelled_while_there_is_no_reading_loses_nothing():
    async def main():
        sensor = Sensor(100, pauses_at=0)
        iterator = Readings(sensor)
        # One waits for a reading, the other for the first.
        readers = [asyncio.ensure_future(awaited(iterator.__anext__())) for _ in range(2)]
        for _ in range(10):
            await _native.Simple(Sensor(1)).__anext__()
        for reader in readers:
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
        sensor.resume()
        return await rest(iterator)

    assert asyncio.run(main()) == list(range(100))


def test_cancels_at_any_moment_lose_nothing_and_give_nothing_twice():
    async def main():
        readings = Readings(Sensor(300))
        got, cancels = [], 0
        for attempt in range(100_000):
            reader = asyncio.ensure_future(readings.__anext__())
            for _ in range(attempt % 7):
                await asyncio.sleep(0)
            if attempt % 3:
                reader.cancel()
            try:
                got.append(await reader)
            except asyncio.CancelledError:
                cancels += 1
            except StopAsyncIteration:
                return got, cancels

    got, cancels = asyncio.run(main())
    assert got == list(range(300))
    assert cancels > 10


def test_timeouts_lose_nothing_and_give_nothing_twice():
    async def main():
        readings = Readings(Sensor(300))
        got, timeouts = [], 0
        for attempt in range(100_000):
            timeout = (0, 0.0002, 60)[attempt % 3]
            try:
                got.append(await asyncio.wait_for(readings.__anext__(), timeout))
            except asyncio.TimeoutError:
                timeouts += 1
            except StopAsyncIteration:
                return got, timeouts

    got, timeouts = asyncio.run(main())
    assert got == list(range(300))
    assert timeouts > 10


# In batches


def test_a_batch_has_what_is_there_and_at_most_its_size():
    async def main():
        sensor = Sensor(10)
        readings = Readings(sensor, ahead=10)
        sensor.wait_until_sent(10)
        assert [batch async for batch in readings.batches(4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]

        sensor = Sensor(6)
        readings = Readings(sensor, ahead=3)
        sensor.wait_until_sent(3)
        batches = [batch async for batch in readings.batches(100)]
        assert len(batches[0]) >= 3
        assert sum(batches, []) == list(range(6))

    asyncio.run(main())


def test_an_error_comes_after_the_readings_before_it():
    async def main():
        sensor = Sensor(6, breaks_at=2)
        readings = Readings(sensor, ahead=6)
        sensor.wait_until_sent(6)
        seen = []
        with pytest.raises(OSError, match="^the sensor is gone$"):
            async for batch in readings.batches(4):
                seen.append(batch)
        assert seen == [[0, 1]]
        assert [batch async for batch in readings.batches(4)] == [[3], [4, 5]]

    asyncio.run(main())


def test_batches_of_100_cross_a_hundredth_as_often():
    async def main():
        sensor = Sensor(1000)
        readings = Readings(sensor, ahead=1000)
        sensor.wait_until_sent(1000)
        native, calls = readings._native, []

        class Counting:
            take = native.take

            def ready(self, most):
                calls.append(most)
                return native.ready(most)

        readings._native = Counting()
        assert sum([len(batch) async for batch in readings.batches(100)]) == 1000
        # The last call hears of the end.
        assert calls == 11 * [100]

    asyncio.run(main())


def test_a_batch_of_nothing_is_refused():
    async def main():
        with pytest.raises(ValueError):
            await Readings(Sensor(3)).batches(0).__anext__()

    asyncio.run(main())
