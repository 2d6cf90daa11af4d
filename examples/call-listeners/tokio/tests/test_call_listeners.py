"""What the guide says of the ways to call a listener, a test for each sentence."""

import asyncio
import gc
import threading
import time
import warnings
from contextvars import ContextVar

import pytest
from call_listeners import call_here, call_on_loop, call_without_loop, trace

request = ContextVar("request", default="nobody")


def run(main, **options):
    async def in_time():
        return await asyncio.wait_for(main, 60)

    return asyncio.run(in_time(), **options)


def thread(price):
    return threading.current_thread()


# Which loop, which thread


def test_a_spawned_task_knows_no_loop_and_the_coroutine_is_never_awaited():
    async def on_price(price):
        raise AssertionError("it ran")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match="^no running event loop$"):
            run(first(on_price))
        gc.collect()
    assert any(str(each.message).endswith("on_price' was never awaited") for each in caught)


async def first(on_price):
    return await call_without_loop(on_price)


def test_a_callback_runs_on_the_thread_that_calls_it():
    async def main():
        return await call_here(thread)

    assert run(main()) is not threading.main_thread()


def test_in_debug_mode_asyncio_refuses_the_wrong_thread():
    async def main():
        came = asyncio.get_running_loop().create_future()
        came.add_done_callback(lambda came: None)
        await call_here(came.set_result)

    with pytest.raises(RuntimeError) as caught:
        run(main(), debug=True)
    message = "Non-thread-safe operation invoked on an event loop other than the current one"
    assert str(caught.value) == message


def test_without_it_the_loop_sleeps_on_until_something_else_wakes_it():
    woken = []

    async def wait(came):
        await came
        woken.append("woken")

    async def main():
        loop = asyncio.get_running_loop()
        came = loop.create_future()
        waiting = asyncio.create_task(wait(came))
        await asyncio.sleep(0)

        def set_it():
            # As a worker of Rust would, while the loop has nothing to do.
            time.sleep(0.1)
            came.set_result(7)
            time.sleep(0.3)
            seen.append(list(woken))
            loop.call_soon_threadsafe(lambda: None)

        seen = []
        worker = threading.Thread(target=set_it)
        worker.start()
        await waiting
        worker.join()
        assert (seen, woken) == ([[]], ["woken"])

    asyncio.run(main())


def test_the_loop_calls_on_its_own_thread():
    async def main():
        came = asyncio.get_running_loop().create_future()
        await call_on_loop(lambda price: came.set_result(thread(price)))
        return await came

    assert run(main(), debug=True) is threading.main_thread()


# Exceptions


def fails(price):
    raise ValueError(f"I do not like {price}")


def test_an_exception_of_a_call_that_is_awaited_arrives_there():
    async def main():
        with pytest.raises(ValueError, match="^I do not like 7$"):
            await call_here(fails)

    run(main())


def test_an_exception_of_a_call_by_the_loop_goes_to_its_handler():
    came = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: came.append(context))
        await call_on_loop(fails)

    run(main())
    assert [repr(context["exception"]) for context in came] == ["ValueError('I do not like 7')"]
    # From Python 3.13 on only a loop in debug mode shows the arguments.
    assert came[0]["message"].startswith("Exception in callback fails(")


# Contexts


async def seen_by(start):
    came = asyncio.get_running_loop().create_future()
    request.set("Ada")
    await start(lambda price: came.get_loop().call_soon_threadsafe(came.set_result, request.get()))
    return await came


def test_a_function_that_rust_calls_itself_sees_an_empty_context():
    assert run(seen_by(call_here)) == "nobody"


def test_a_function_that_the_loop_calls_sees_the_context_of_the_call():
    assert run(seen_by(call_on_loop)) == "Ada"


def test_a_name_in_a_task_local_stays_with_its_future_and_needs_a_scope_in_a_task():
    async def main():
        request.set("Ada")
        return await trace(request)

    assert run(main()) == ["Ada: the future", "nobody: a task", "Ada: a task in a scope"]
