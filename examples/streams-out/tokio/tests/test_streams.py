"""What `async for` does with a Rust stream, a test for each sentence."""

import asyncio
import gc
import threading
import time

import pytest
from sensor import channel


async def rest(readings):
    return [reading async for reading in readings]


def is_gone(sensor):
    with pytest.raises(BrokenPipeError) as caught:
        sensor.send(7)
    return str(caught.value) == "channel closed"


def send(sensor, readings, sent):
    for reading in readings:
        sensor.send(reading)
        sent.append(reading)


def sending(readings, ahead=4):
    """A stream to which a thread sends these, and those that it has sent."""
    sensor, stream = channel(ahead)
    sent = []
    threading.Thread(target=send, args=(sensor, readings, sent), daemon=True).start()
    return stream, sent


def wait_until(reached):
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0)


async def turns_of_rust():
    """Gives the threads of tokio the time for much more than they should do."""
    closed = channel()[1]
    for _ in range(10):
        await closed.aclose()


def test_without_aiter_it_is_refused():
    message = r"^'async for' requires an object with __aiter__ method, got (_native\.)?Readings$"
    with pytest.raises(TypeError, match=message):
        asyncio.run(rest(channel()[1]._native))


# How it goes right


def test_it_ends_after_the_last_reading_and_stays_at_its_end():
    async def main():
        readings, _ = sending(range(100))
        assert await rest(readings) == list(range(100))
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await readings.__anext__()

    asyncio.run(main())


def test_the_sensor_is_four_readings_ahead_and_no_more():
    async def main():
        readings, sent = sending(range(54))
        for read in range(50):
            wait_until(lambda: len(sent) == read + 4)
            await turns_of_rust()
            assert len(sent) == read + 4
            assert await readings.__anext__() == read
        assert await rest(readings) == [50, 51, 52, 53]

    asyncio.run(main())


def test_after_a_break_the_sensor_measures_until_the_iterator_is_let_go():
    async def main():
        sensor, readings = channel()
        sensor.send(0)
        async for _ in readings:
            break
        gc.collect()
        sensor.send(1)
        assert await readings.__anext__() == 1
        del readings
        assert is_gone(sensor)

    asyncio.run(main())


def test_an_iterator_that_only_the_loop_has_is_let_go_at_the_break():
    async def main():
        sensor, *iterators = channel()
        sensor.send(0)
        async for _ in iterators.pop():
            break
        assert is_gone(sensor)

    asyncio.run(main())


def test_the_block_closes_it_after_a_break():
    async def main():
        sensor, readings = channel()
        sensor.send(0)
        sensor.send(1)
        async with readings:
            async for _ in readings:
                break
        assert is_gone(sensor)
        assert await rest(readings) == []
        await readings.aclose()

    asyncio.run(main())


def test_the_block_closes_it_after_an_error():
    async def main():
        sensor, readings = channel()
        sensor.send(0)
        with pytest.raises(LookupError, match="^mine$"):
            async with readings:
                raise LookupError("mine")
        assert is_gone(sensor)
        assert await rest(readings) == []

    asyncio.run(main())


def test_aclose_ends_the_loop_of_another_reader_that_waits():
    async def main():
        sensor, readings = channel()
        sensor.send(0)
        reader = asyncio.ensure_future(rest(readings))
        await turns_of_rust()
        assert not reader.done()
        await asyncio.wait_for(readings.aclose(), 60)
        assert await asyncio.wait_for(reader, 60) == [0]
        assert is_gone(sensor)

    asyncio.run(main())


def test_two_readers_share_the_readings_and_each_goes_to_one():
    async def main():
        readings, _ = sending(range(1000))
        first, second = await asyncio.gather(rest(readings), rest(readings))
        assert sorted(first + second) == list(range(1000))
        assert first == sorted(first) and second == sorted(second)
        assert first and second

    asyncio.run(main())


def test_an_error_ends_the_loop_and_the_readings_go_on_after_it():
    async def main():
        readings, _ = sending([0, 1, None, 3, 4, 5])
        seen = []
        with pytest.raises(OSError) as caught:
            async for reading in readings:
                seen.append(reading)
        assert (type(caught.value), str(caught.value)) == (OSError, "the sensor is gone")
        assert seen == [0, 1]
        assert await rest(readings) == [3, 4, 5]

    asyncio.run(main())


# Cancelled while it waits


def test_a_reading_that_nobody_took_waits_for_the_next_reader():
    async def main():
        sensor, readings = channel(1)
        reader = asyncio.ensure_future(readings.__anext__())
        await asyncio.sleep(0)
        sensor.send(0)
        # This returns once Rust has taken the first reading, before the loop runs again.
        sensor.send(1)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        del sensor
        assert await rest(readings) == [0, 1]

    asyncio.run(main())


def test_a_reader_that_is_cancelled_in_the_turn_of_its_news_loses_nothing():
    async def main():
        readings, _ = sending(range(100))
        native = readings._native

        class Cancelling:
            take = native.take

            def ready(self):
                future = native.ready()
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
        sensor, readings = channel(100)
        # One waits for a reading, the other for the first.
        readers = [asyncio.ensure_future(readings.__anext__()) for _ in range(2)]
        await turns_of_rust()
        for reader in readers:
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
        send(sensor, range(100), [])
        del sensor
        return await rest(readings)

    assert asyncio.run(main()) == list(range(100))


def test_cancels_at_any_moment_lose_nothing_and_give_nothing_twice():
    async def main():
        readings, _ = sending(range(300))
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
        readings, _ = sending(range(300))
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


def sent(readings):
    """A stream to which all of these have been sent."""
    sensor, stream = channel(len(readings))
    send(sensor, readings, [])
    return stream


def test_a_batch_has_what_is_there_and_at_most_its_size():
    async def main():
        batches = [batch async for batch in sent(range(10)).batches(4)]
        assert batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]

        readings, there = sending(range(6), ahead=3)
        wait_until(lambda: len(there) == 3)
        batches = [batch async for batch in readings.batches(100)]
        assert len(batches[0]) >= 3
        assert sum(batches, []) == list(range(6))

    asyncio.run(main())


def test_an_error_comes_after_the_readings_before_it():
    async def main():
        readings = sent([0, 1, None, 3, 4, 5])
        seen = []
        with pytest.raises(OSError, match="^the sensor is gone$"):
            async for batch in readings.batches(4):
                seen.append(batch)
        assert seen == [[0, 1]]
        assert [batch async for batch in readings.batches(4)] == [[3, 4, 5]]

    asyncio.run(main())


def test_batches_of_100_cross_a_hundredth_as_often():
    async def main():
        readings = sent(range(1000))
        native, calls = readings._native, []

        class Counting:
            take = native.take

            def ready(self):
                calls.append("ready")
                return native.ready()

        readings._native = Counting()
        assert sum([len(batch) async for batch in readings.batches(100)]) == 1000
        # The last call hears of the end.
        assert calls == 11 * ["ready"]

    asyncio.run(main())


def test_a_batch_of_nothing_is_refused():
    async def main():
        with pytest.raises(ValueError):
            await sent([0]).batches(0).__anext__()

    asyncio.run(main())
