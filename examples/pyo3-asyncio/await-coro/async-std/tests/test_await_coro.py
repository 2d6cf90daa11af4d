"""What the guide says of awaiting Python in Rust, a test for each sentence."""

import asyncio
import inspect

import pytest
from waiter import _native, await_callable, await_coro


async def answer():
    await asyncio.sleep(0)
    return 42


async def fail(error):
    await asyncio.sleep(0)
    raise error


def test_rust_awaits_a_coroutine_and_returns_its_result():
    assert asyncio.run(await_coro(answer())) == 42


def test_rust_awaits_a_task_too():
    async def main():
        return await await_coro(asyncio.ensure_future(answer()))

    assert asyncio.run(main()) == 42


def test_a_callable_gives_a_new_coroutine_each_time():
    async def main():
        return [await await_callable(answer), await await_callable(answer)]

    assert asyncio.run(main()) == [42, 42]


def test_the_same_coroutine_cannot_be_awaited_twice():
    async def main():
        coroutine = answer()
        assert await await_coro(coroutine) == 42
        assert inspect.getcoroutinestate(coroutine) == "CORO_CLOSED"
        await await_coro(coroutine)

    with pytest.raises(RuntimeError) as caught:
        asyncio.run(main())
    assert str(caught.value) == "cannot reuse already awaited coroutine"


def test_python_itself_refuses_a_second_await_in_the_same_words():
    async def main():
        coroutine = answer()
        await coroutine
        await coroutine

    with pytest.raises(RuntimeError) as caught:
        asyncio.run(main())
    assert str(caught.value) == "cannot reuse already awaited coroutine"


def test_the_coroutines_own_exception_comes_back_through_rust():
    error = ValueError("no price today")
    with pytest.raises(ValueError) as caught:
        asyncio.run(await_coro(fail(error)))
    assert caught.value is error


def test_the_coroutine_runs_as_a_task_of_the_callers_loop():
    async def who():
        return asyncio.get_running_loop(), asyncio.current_task()

    async def main():
        loop, task = await await_coro(who())
        assert loop is asyncio.get_running_loop()
        assert task is not asyncio.current_task()

    asyncio.run(main())


def test_without_a_running_loop_there_is_nothing_to_await_on():
    coroutine = answer()
    with pytest.raises(RuntimeError) as caught:
        _native.await_coro(coroutine)
    assert str(caught.value) == "no running event loop"
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(asyncio.to_thread(_native.await_coro, coroutine))
    assert str(caught.value) == "no running event loop"
    coroutine.close()


def test_a_function_in_place_of_its_coroutine_raises_type_error():
    with pytest.raises(TypeError) as caught:
        asyncio.run(asyncio.wait_for(await_coro(answer), 60))
    assert str(caught.value) == f"an awaitable was expected, got {answer!r}"


def test_a_callable_that_gives_no_awaitable_raises_type_error():
    with pytest.raises(TypeError) as caught:
        asyncio.run(asyncio.wait_for(await_callable(lambda: 42), 60))
    assert str(caught.value) == "an awaitable was expected, got 42"


def test_cancelling_the_await_leaves_the_coroutine_running():
    async def main():
        begun, go_on = asyncio.Event(), asyncio.Event()
        ended = asyncio.get_running_loop().create_future()

        async def work():
            begun.set()
            await go_on.wait()
            ended.set_result("to its end")

        task = asyncio.ensure_future(await_coro(work()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        assert await ended == "to its end"

    asyncio.run(main())
