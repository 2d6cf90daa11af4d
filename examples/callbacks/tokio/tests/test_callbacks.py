"""What the guide says of callbacks, a test for each sentence."""

import asyncio
import gc
import sys
import threading
import time
import warnings
from contextvars import ContextVar

import pytest
from feed import Feed, _native

request = ContextVar("request", default="nobody")


def run(main, **options):
    async def in_time():
        return await asyncio.wait_for(main, 60)

    return asyncio.run(in_time(), **options)


def thread(price):
    return threading.current_thread()


@pytest.fixture
def unraisable(monkeypatch):
    came = []

    def keep(unraisable):
        came.append((type(unraisable.exc_value), str(unraisable.exc_value), unraisable.object))

    monkeypatch.setattr(sys, "unraisablehook", keep)
    return came


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
    return await _native.call_without_loop(on_price)


def test_a_callback_runs_on_the_thread_that_calls_it():
    async def main():
        return await _native.call_here(thread)

    assert run(main()) is not threading.main_thread()


def test_in_debug_mode_asyncio_refuses_the_wrong_thread():
    async def main():
        came = asyncio.get_running_loop().create_future()
        came.add_done_callback(lambda came: None)
        await _native.call_here(came.set_result)

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
        await _native.call_on_loop(lambda price: came.set_result(thread(price)))
        return await came

    assert run(main(), debug=True) is threading.main_thread()


# The feed


def test_functions_and_coroutines_are_called_on_the_thread_of_the_loop_in_order():
    came = []

    async def on_price(price):
        await asyncio.sleep(0)
        came.append(("coroutine", price, thread(price)))

    async def main():
        feed = Feed()
        feed.subscribe(on_price)
        feed.subscribe(lambda price: came.append(("function", price, thread(price))))
        feed.publish(7)
        assert came == []
        assert await feed.drained() is None

    run(main())
    main_thread = threading.main_thread()
    assert came == [("coroutine", 7, main_thread), ("function", 7, main_thread)]


def test_publish_does_not_wait_and_drained_does():
    async def main():
        release = asyncio.Event()

        async def on_price(price):
            await release.wait()

        feed = Feed()
        feed.subscribe(on_price)
        feed.publish(7)
        drained = asyncio.ensure_future(feed.drained())
        assert await asyncio.wait([drained], timeout=0.1) == (set(), {drained})
        release.set()
        await drained

    run(main())


def test_a_loop_that_is_closed_is_reported_and_the_next_listener_is_called(unraisable):
    came = []
    feed = Feed()

    def gone(price):
        raise AssertionError("it ran")

    async def early():
        feed.subscribe(gone)

    async def late():
        feed.subscribe(came.append)
        feed.publish(7)
        await feed.drained()

    run(early())
    with warnings.catch_warnings():
        # The coroutine for the closed loop is thrown away.
        warnings.simplefilter("ignore", RuntimeWarning)
        run(late())
        gc.collect()
    assert came == [7]
    assert unraisable == [(RuntimeError, "Event loop is closed", gone)]


def test_a_feed_that_is_dropped_ends_its_tasks():
    async def main():
        first, second = asyncio.Event(), []

        async def on_price(price):
            first.set()
            await release.wait()

        release = asyncio.Event()
        feed = Feed()
        feed.subscribe(on_price)
        feed.subscribe(second.append)
        feed.publish(7)
        await first.wait()
        del feed
        # A task that tokio is just polling ends when that poll returns.
        await _native.call_on_loop(lambda price: None)
        release.set()
        await _native.call_on_loop(lambda price: None)
        await asyncio.sleep(0.1)
        assert second == []

    run(main())


# Exceptions


def fails(price):
    raise ValueError(f"I do not like {price}")


def test_an_exception_of_a_call_that_is_awaited_arrives_there():
    async def main():
        with pytest.raises(ValueError, match="^I do not like 7$"):
            await _native.call_here(fails)

    run(main())


def test_an_exception_of_a_call_by_the_loop_goes_to_its_handler():
    came = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: came.append(context))
        await _native.call_on_loop(fails)

    run(main())
    assert [repr(context["exception"]) for context in came] == ["ValueError('I do not like 7')"]
    assert came[0]["message"].startswith("Exception in callback fails(7)")


@pytest.mark.parametrize("is_async", [False, True], ids=["function", "coroutine"])
def test_an_exception_in_a_background_task_is_reported_and_the_next_listener_is_called(
    is_async, unraisable
):
    came = []

    async def afails(price):
        fails(price)

    async def main():
        feed = Feed()
        feed.subscribe(afails if is_async else fails)
        feed.subscribe(came.append)
        feed.publish(7)
        await feed.drained()

    run(main())
    assert came == [7]
    [(kind, text, where)] = unraisable
    assert (kind, text) == (ValueError, "I do not like 7")
    assert where.__name__ == ("afails" if is_async else "fails")


# Contexts


async def seen_by(start):
    came = asyncio.get_running_loop().create_future()
    request.set("Ada")
    await start(lambda price: came.get_loop().call_soon_threadsafe(came.set_result, request.get()))
    return await came


def test_a_function_that_rust_calls_itself_sees_an_empty_context():
    assert run(seen_by(_native.call_here)) == "nobody"


def test_a_function_that_the_loop_calls_sees_the_context_of_the_call():
    assert run(seen_by(_native.call_on_loop)) == "Ada"


def test_each_listener_sees_the_context_in_which_it_was_subscribed():
    came = []

    async def on_price(price):
        came.append(request.get())
        request.set("changed")

    async def subscribe(feed, name):
        request.set(name)
        feed.subscribe(on_price)
        feed.subscribe(lambda price: came.append(request.get()))

    async def main():
        feed = Feed()
        for name in "Ada", "Bob":
            await asyncio.create_task(subscribe(feed, name))
        for _ in range(2):
            feed.publish(7)
            await feed.drained()

    run(main())
    assert came == 2 * ["Ada", "Ada", "Bob", "Bob"]


def test_a_name_in_a_task_local_stays_with_its_future_and_needs_a_scope_in_a_task():
    async def main():
        request.set("Ada")
        return await _native.trace(request)

    assert run(main()) == ["Ada: the future", "nobody: a task", "Ada: a task in a scope"]
