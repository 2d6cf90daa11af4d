"""What the guide says of patterns that are fast, a test for each sentence."""

import asyncio
import importlib.util
import statistics
import time

import pytest
import rates
from rates import _native

LOOPS = {"asyncio": asyncio.new_event_loop}
if importlib.util.find_spec("uvloop"):
    # It has no release for Windows, and none for CPython 3.13t.
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop
BOTH = pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)
CODES = list(range(1000))
RATES = [2 * code + 1 for code in CODES]


def run(main, new_loop=asyncio.new_event_loop):
    loop = new_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(asyncio.wait_for(main, 60))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def one_by_one(function):
    return [await function(code) for code in CODES]


def test_each_pattern_gives_the_rates_of_the_bridge():
    async def main():
        assert await one_by_one(_native.bridged) == RATES
        assert await _native.bridged_many(CODES) == RATES
        assert await _native.attach_each(CODES) == RATES
        assert await one_by_one(_native.bridged_ready) == RATES
        assert await one_by_one(_native.ready) == RATES
        assert await one_by_one(rates.rate) == RATES
        assert await one_by_one(_native.in_task) == RATES

    run(main())


@BOTH
def test_tasks_of_an_async_fn_answer_many_at_once(new_loop):
    async def main():
        return await asyncio.gather(*map(_native.in_task, CODES))

    assert run(main(), new_loop) == RATES


class Counting(asyncio.SelectorEventLoop):
    """Counts how often another thread wakes it."""

    calls = 0

    def call_soon_threadsafe(self, *arguments, **options):
        self.calls += 1
        return super().call_soon_threadsafe(*arguments, **options)


def calls_of(main):
    async def counted():
        await main()
        return asyncio.get_running_loop().calls

    return run(counted(), Counting)


def test_the_bridge_wakes_the_loop_for_each_value_and_for_a_batch_once():
    assert calls_of(lambda: one_by_one(_native.bridged)) == 1000
    assert calls_of(lambda: one_by_one(_native.bridged_ready)) == 1000
    assert calls_of(lambda: _native.bridged_many(CODES)) == 1


def test_a_task_of_an_async_fn_wakes_the_loop_at_most_once():
    assert calls_of(lambda: _native.in_task(1)) <= 1


def test_a_value_that_is_ready_or_known_wakes_nobody():
    async def main():
        await one_by_one(_native.ready)
        await one_by_one(rates.rate)

    async def twice():
        await one_by_one(rates.rate)

    run(twice())
    assert calls_of(main) == 0


def first_step(coroutine):
    """What a coroutine returns without a loop."""
    with pytest.raises(StopIteration) as caught:
        coroutine.send(None)
    return caught.value.value


def test_a_value_that_is_ready_or_known_needs_no_loop():
    assert first_step(_native.ready(1)) == 3
    run(rates.rate(1))
    assert first_step(rates.rate(1)) == 3


def test_a_rate_is_asked_for_once():
    async def main():
        assert _native.cached(5000) is None
        assert await rates.rate(5000) == _native.cached(5000) == 10_001
        before = asyncio.get_running_loop().calls
        assert await rates.rate(5000) == 10_001
        assert asyncio.get_running_loop().calls == before

    run(main(), Counting)


def test_only_a_value_is_there_before_the_await():
    async def main():
        bridged = _native.bridged_ready(1)
        assert not bridged.done()
        return await bridged, await _native.ready(1)

    assert run(main()) == (3, 3)


def test_a_cancelled_await_of_a_task_ends():
    async def main():
        waiting = [asyncio.ensure_future(_native.in_task(code)) for code in CODES]
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        # Those that had their answer by then have it.
        assert all(one.cancelled() or one.result() == 2 * code + 1 for code, one in enumerate(waiting))
        assert len(ended) == 1000
        return await _native.in_task(1)

    assert run(main()) == 3


def times_faster(before, after, new_loop):
    """In processor time, the median of short rounds: a busy machine changes little in it."""

    async def main():
        async def seconds(program):
            start = time.process_time()
            await program()
            return time.process_time() - start

        await rates.rate(1)
        await before()
        await after()
        return [await seconds(before) / await seconds(after) for _ in range(7)]

    return statistics.median(run(main(), new_loop))


async def future_of_asyncio(code):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, 2 * code + 1)
    return await future


@BOTH
def test_an_await_of_rust_costs_more_than_one_of_asyncio(new_loop):
    before = lambda: one_by_one(_native.bridged)
    after = lambda: one_by_one(future_of_asyncio)
    assert times_faster(before, after, new_loop) > 3


@BOTH
def test_one_crossing_for_many_values_costs_less_than_a_twentieth(new_loop):
    before = lambda: one_by_one(_native.bridged)
    assert times_faster(before, lambda: _native.bridged_many(CODES), new_loop) > 20


@BOTH
def test_a_value_that_is_ready_costs_less_than_a_twentieth(new_loop):
    before = lambda: one_by_one(_native.bridged_ready)
    assert times_faster(before, lambda: one_by_one(_native.ready), new_loop) > 20


@BOTH
def test_a_value_that_is_known_costs_less_than_a_twentieth(new_loop):
    before = lambda: one_by_one(_native.bridged_ready)
    assert times_faster(before, lambda: one_by_one(rates.rate), new_loop) > 20
