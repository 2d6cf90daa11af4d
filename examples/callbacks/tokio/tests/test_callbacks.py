"""What the guide says of callbacks, a test for each sentence."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import warnings
import weakref
from contextvars import ContextVar

import pytest
from feed import Feed

request = ContextVar("request", default="nobody")


def run(main, **options):
    async def in_time():
        return await asyncio.wait_for(main, 60)

    return asyncio.run(in_time(), **options)


async def an_await():
    feed = Feed()
    await feed.drained()


def thread(price):
    return threading.current_thread()


@pytest.fixture
def unraisable(monkeypatch):
    came = []

    def keep(unraisable):
        came.append((type(unraisable.exc_value), str(unraisable.exc_value), unraisable.object))

    monkeypatch.setattr(sys, "unraisablehook", keep)
    return came


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
        await an_await()
        release.set()
        await an_await()
        await asyncio.sleep(0.1)
        assert second == []

    run(main())


def test_prices_come_in_the_order_of_publish():
    async def main():
        for _ in range(20):
            came, feed = [], Feed()
            feed.subscribe(came.append)
            for price in range(20):
                feed.publish(price)
            await feed.drained()
            assert came == list(range(20))

    run(main())


def test_a_price_goes_to_those_who_listened_when_it_was_published():
    async def main():
        first, second, feed = [], [], Feed()
        feed.subscribe(first.append)
        feed.publish(1)
        feed.subscribe(second.append)
        feed.unsubscribe(first.append)
        feed.publish(2)
        await feed.drained()
        assert (first, second) == ([1], [2])

    run(main())


def test_what_is_not_subscribed_cannot_be_unsubscribed():
    with pytest.raises(ValueError, match="^this callback is not subscribed$"):
        Feed().unsubscribe(print)


def test_comparing_and_dropping_a_callback_may_use_the_feed():
    class Strange:
        def __call__(self, price):
            came.append(price)

        def __eq__(self, other):
            feed.publish(1)
            return True

        def __del__(self):
            feed.publish(2)

    async def main():
        feed.subscribe(Strange())
        feed.unsubscribe(Strange())
        await feed.drained()

    came, feed = [], Feed()
    run(main())
    assert came == [1]


def test_a_drained_that_is_given_up_stops_no_listener():
    async def main():
        release, came, feed = asyncio.Event(), [], Feed()

        async def slow(price):
            await release.wait()

        feed.subscribe(slow)
        feed.subscribe(came.append)
        feed.publish(7)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(feed.drained(), 0.1)
        release.set()
        await feed.drained()
        assert came == [7]

    run(main())


def test_a_full_queue_refuses_the_next_price_and_loses_no_other():
    async def main():
        release, begun, came, feed = asyncio.Event(), asyncio.Event(), [], Feed(limit=3)

        async def slow(price):
            begun.set()
            await release.wait()
            came.append(price)

        feed.subscribe(slow)
        feed.publish(0)
        await begun.wait()
        for price in 1, 2, 3:
            feed.publish(price)
        with pytest.raises(asyncio.QueueFull, match="^no available capacity$"):
            feed.publish(4)
        release.set()
        await feed.drained()
        feed.publish(5)
        await feed.drained()
        assert came == [0, 1, 2, 3, 5]

    run(main())


GROWTH = """
import asyncio, os, time
from feed import Feed

def publish(prices):
    for price in range(prices):
        while True:
            try:
                feed.publish(price)
                break
            except asyncio.QueueFull:
                time.sleep(0)

def size():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

feed = Feed()
publish(5_000)
before = size()
publish(50_000)
print((size() - before) // 50_000)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux says it there")
def test_a_price_that_was_delivered_takes_no_memory():
    command = [sys.executable, "-c", GROWTH]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    # A task that is kept is 576 bytes.
    assert int(run.stdout) < 200


current = ContextVar("current")


@pytest.mark.parametrize("by", ["callback", "context", "loop"])
def test_a_feed_that_only_its_own_listeners_know_is_collected(by):
    class Owner:
        def on_price(self, price):
            came.append(price)

    async def main():
        owner, feed = Owner(), Feed()
        owner.feed = feed
        if by == "context":
            current.set(owner)
        if by == "loop":
            asyncio.get_running_loop().owner = owner
        feed.subscribe(owner.on_price if by == "callback" else came.append)
        feed.publish(7)
        await feed.drained()
        return weakref.ref(owner)

    came = []
    owner = run(main())
    if by == "loop":
        asyncio.set_event_loop(None)
    # The threads of Rust may still have the context of the last await.
    deadline = time.monotonic() + 20
    while owner() is not None and time.monotonic() < deadline:
        run(an_await())
        gc.collect()
    assert (owner(), came) == (None, [7])


def test_a_listener_that_is_about_to_be_called_is_not_collected():
    class Owner:
        def __init__(self, first):
            self.feed = Feed()
            self.feed.subscribe(first)
            self.feed.subscribe(self.on_price)

        def on_price(self, price):
            came.set_result(price)

    async def main():
        nonlocal came
        came = asyncio.get_running_loop().create_future()
        begun, release = asyncio.Event(), asyncio.Event()

        async def first(price):
            begun.set()
            await release.wait()

        Owner(first).feed.publish(7)
        await begun.wait()
        gc.collect()
        release.set()
        assert await came == 7

    came = None
    run(main())


def test_a_drained_whose_feed_is_dropped_raises():
    async def main():
        release, feed = asyncio.Event(), Feed()

        async def slow(price):
            await release.wait()

        feed.subscribe(slow)
        feed.publish(7)
        drained = asyncio.ensure_future(feed.drained())
        del feed
        with pytest.raises(RuntimeError, match="^the feed has been dropped$"):
            await drained

    run(main())


# Exceptions


def fails(price):
    raise ValueError(f"I do not like {price}")


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
