"""What the guide says of `rust_sleep`, a test for each sentence."""

import asyncio
import inspect
import time

import pytest
from sleeper import _native, rust_sleep


def seconds_taken(coroutine):
    start = time.monotonic()
    asyncio.run(coroutine)
    return time.monotonic() - start


def test_it_sleeps_as_long_as_it_was_told():
    assert seconds_taken(rust_sleep(0.2)) >= 0.2


def test_two_sleeps_run_side_by_side():
    async def main():
        long = asyncio.ensure_future(rust_sleep(3600))
        await rust_sleep(0.01)
        assert not long.done()
        long.cancel()

    asyncio.run(main())


def test_the_event_loop_goes_on_while_rust_sleeps():
    async def main():
        sleep = asyncio.ensure_future(rust_sleep(3600))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not sleep.done()
        sleep.cancel()

    assert seconds_taken(main()) < 600


def test_a_negative_time_raises_value_error():
    with pytest.raises(ValueError) as caught:
        asyncio.run(rust_sleep(-1))
    assert str(caught.value) == "cannot convert float seconds to Duration: value is negative"


def test_the_wrapper_is_a_coroutine_function_and_the_rust_function_is_not():
    assert inspect.iscoroutinefunction(rust_sleep)
    assert not inspect.iscoroutinefunction(_native.rust_sleep)


def test_the_wrapper_is_taken_by_run_and_by_create_task():
    async def main():
        return await asyncio.create_task(rust_sleep(0))

    assert asyncio.run(main()) is None
    assert asyncio.run(rust_sleep(0)) is None


def test_the_rust_function_needs_a_running_loop():
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(_native.rust_sleep(0))
    assert str(caught.value) == "no running event loop"


def test_the_rust_function_returns_a_future_that_create_task_refuses():
    async def main():
        future = _native.rust_sleep(0)
        assert isinstance(future, asyncio.Future)
        with pytest.raises(TypeError, match="^a coroutine was expected, got <Future pending"):
            asyncio.create_task(future)
        assert await future is None

    asyncio.run(main())


def test_cancelling_the_task_ends_the_await_at_once():
    async def main():
        task = asyncio.create_task(rust_sleep(3600))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert seconds_taken(main()) < 600
