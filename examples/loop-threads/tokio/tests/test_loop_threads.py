"""What the guide says of event loops on other threads, a test for each sentence."""

import asyncio
import concurrent.futures
import queue
import selectors
import signal
import subprocess
import sys
import threading
import time

import pytest
from quotes import LoopThread, _native, cheapest, price

try:
    import uvloop
except ImportError:  # uvloop has no release for Windows.
    uvloop = None

LOOPS = [asyncio.new_event_loop]
if uvloop is not None:
    LOOPS.append(uvloop.new_event_loop)

# Only against a test that hangs: nothing waits that long.
LONG = 60


def raised(function, *arguments):
    with pytest.raises(Exception) as caught:
        function(*arguments)
    return type(caught.value), str(caught.value)


def said(program):
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LONG
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.splitlines()


def until(happened):
    end = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


async def place():
    return asyncio.get_running_loop(), threading.get_ident()


async def forever():
    await asyncio.Event().wait()


# --- where things run


@pytest.mark.parametrize("new_event_loop", LOOPS)
def test_a_thread_runs_the_loop_and_awaits_rust_there(new_event_loop):
    with LoopThread(new_event_loop) as background:
        loop, thread = background.submit(place()).result(LONG)
        assert background.submit(price("tea")).result(LONG) == 3
    assert type(loop) is type(background.loop)
    assert loop is background.loop
    assert thread != threading.get_ident()


def test_the_exception_of_rust_arrives_in_the_future_of_submit():
    with LoopThread() as background:
        asked = background.submit(price("coffee"))
        assert raised(asked.result, LONG) == (KeyError, "'coffee'")


@pytest.mark.parametrize("new_event_loop", LOOPS)
def test_one_call_of_rust_awaits_coroutines_on_several_loops_each_on_its_own_thread(new_event_loop):
    places = {}

    def shop(name, extra):
        async def price_of(item):
            places[name] = await place()
            return extra + await price(item)

        return price_of

    async def main():
        here = asyncio.get_running_loop()
        shops = [(one.loop, shop("one", 2)), (two.loop, shop("two", 1)), (here, shop("here", 3))]
        lowest = await cheapest(shops, "tea")
        assert places["here"] == await place()
        return lowest

    with LoopThread(new_event_loop) as one, LoopThread(new_event_loop) as two:
        assert asyncio.run(main()) == 4
        for name, background in (("one", one), ("two", two)):
            assert places[name] == background.submit(place()).result(LONG)
    assert len({thread for _, thread in places.values()}) == 3


def test_an_error_of_a_shop_on_another_loop_is_raised_by_the_await():
    with LoopThread() as one, LoopThread() as two:
        asked = two.submit(cheapest([(one.loop, price)], "coffee"))
        assert raised(asked.result, LONG) == (KeyError, "'coffee'")


def test_the_shops_are_asked_at_the_same_time():
    both = threading.Barrier(2)

    async def meets_the_other(item):
        both.wait(LONG)
        return 1

    with LoopThread() as one, LoopThread() as two:
        shops = [(one.loop, meets_the_other), (two.loop, meets_the_other)]
        assert asyncio.run(cheapest(shops, "tea")) == 1


def shop_that(answers, told, answer=1):
    """Answers when `answers` is set, and then adds what it has answered."""

    async def price_of(item):
        while not answers.is_set():
            await asyncio.sleep(0.01)
        told.append(answer)
        return answer

    return price_of


def test_the_error_of_a_shop_waits_for_the_shops_before_it_and_those_after_it_keep_running():
    first, last, told = threading.Event(), threading.Event(), []

    async def main():
        here = asyncio.get_running_loop()
        shops = [(one.loop, shop_that(first, told, 1)), (here, price), (one.loop, shop_that(last, told, 2))]
        asked = asyncio.ensure_future(cheapest(shops, "coffee"))
        assert await asyncio.wait([asked], timeout=0.5) == (set(), {asked})
        first.set()
        with pytest.raises(KeyError):
            await asked

    with LoopThread() as one:
        asyncio.run(main())
        assert told == [1]
        last.set()
        until(lambda: told == [1, 2])


def test_a_cancellation_leaves_the_shops_running():
    answers, told = threading.Event(), []

    async def main():
        asked = asyncio.ensure_future(cheapest([(one.loop, shop_that(answers, told))], "tea"))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    with LoopThread() as one:
        asyncio.run(main())
        answers.set()
        until(lambda: told == [1])


def test_a_future_of_one_loop_cannot_be_awaited_on_another():
    async def never(item):
        await forever()

    async def start():
        return _native.cheapest([(asyncio.get_running_loop(), never)], "tea")

    async def wait_for(future):
        await future

    with LoopThread() as one, LoopThread() as two:
        future = one.submit(start()).result(LONG)
        kind, text = raised(two.submit(wait_for(future)).result, LONG)
        assert kind is RuntimeError
        assert text.startswith("Task <Task pending name='Task-")
        assert text.endswith("> attached to a different loop")
        one.loop.call_soon_threadsafe(future.cancel)


# --- errors


def on_the_loop(background, function, *arguments):
    async def call():
        return function(*arguments)

    return background.submit(call()).result(LONG)


@pytest.mark.skipif(sys.platform == "win32", reason="loops have no signal handlers on Windows")
def test_a_loop_on_another_thread_takes_no_signal_handler():
    with LoopThread() as background:
        add = background.loop.add_signal_handler
        assert raised(on_the_loop, background, add, signal.SIGINT, print) == (
            RuntimeError,
            "set_wakeup_fd only works in main thread of the main interpreter",
        )


@pytest.mark.skipif(uvloop is None, reason="uvloop has no release for Windows")
def test_nor_does_a_loop_of_uvloop():
    with LoopThread(uvloop.new_event_loop) as background:
        add = background.loop.add_signal_handler
        assert raised(on_the_loop, background, add, signal.SIGINT, print) == (
            ValueError,
            "add_signal_handler() can only be called from the main thread",
        )


def test_signal_signal_works_on_the_main_thread_alone():
    with LoopThread() as background:
        assert raised(on_the_loop, background, signal.signal, signal.SIGINT, print) == (
            ValueError,
            "signal only works in main thread of the main interpreter",
        )


def test_the_rust_function_needs_the_loop_of_its_own_thread():
    asked = []
    with LoopThread() as background:
        expected = RuntimeError, "no running event loop"
        assert raised(_native.price, "tea") == expected
        assert raised(_native.cheapest, [(background.loop, asked.append)], "tea") == expected
    assert asked == []


def test_the_main_thread_cannot_run_the_loop_as_well():
    with LoopThread() as background:
        background.submit(place()).result(LONG)  # It runs by now.
        unfinished = background.loop.create_future()
        expected = RuntimeError, "This event loop is already running"
        assert raised(background.loop.run_until_complete, unfinished) == expected
        assert raised(background.loop.run_forever) == expected


# --- which calls wake the loop


class Selector(selectors.DefaultSelector):
    """Tells when its event loop goes to sleep until something wakes it."""

    def __init__(self):
        super().__init__()
        self.sleeps = threading.Event()

    def select(self, timeout=None):
        if timeout is None:
            self.sleeps.set()
        return super().select(timeout)


class Waiter:
    """A task that waits for a bell, on a loop that has nothing else to do."""

    def __init__(self):
        self.selector = Selector()
        self.background = LoopThread(lambda: asyncio.SelectorEventLoop(self.selector))
        self.loop = self.background.loop
        self.has_begun, self.has_ended = threading.Event(), threading.Event()
        self.cancelled = False

    def __enter__(self):
        # Submitted first, so that what wakes the loop for it has done so before the loop sleeps.
        self.future = self.background.submit(self.wait())
        self.background.__enter__()
        # Cleared on the loop's thread: set again when the loop sleeps and the task waits.
        assert self.has_begun.wait(LONG)
        assert self.selector.sleeps.wait(LONG)
        return self

    def __exit__(self, *error):
        self.background.__exit__(*error)

    async def wait(self):
        self.bell, self.task = asyncio.Event(), asyncio.current_task()
        self.selector.sleeps.clear()
        self.has_begun.set()
        try:
            await self.bell.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        finally:
            self.has_ended.set()

    async def ring(self):
        self.bell.set()


@pytest.fixture
def waiter():
    with Waiter() as waiter:
        yield waiter


WAKE = {
    "call_soon_threadsafe(event.set)": lambda w: w.loop.call_soon_threadsafe(w.bell.set),
    "run_coroutine_threadsafe": lambda w: asyncio.run_coroutine_threadsafe(w.ring(), w.loop),
    "call_soon_threadsafe(task.cancel)": lambda w: w.loop.call_soon_threadsafe(w.task.cancel),
    "the cancel of submit's future": lambda w: w.future.cancel(),
}
DO_NOT_WAKE = {
    "event.set": lambda w: w.bell.set(),
    "create_task": lambda w: w.loop.create_task(w.ring()),
    "call_soon": lambda w: w.loop.call_soon(w.bell.set),
    "task.cancel": lambda w: w.task.cancel(),
}


@pytest.mark.parametrize("act", WAKE.values(), ids=WAKE)
def test_a_thread_safe_call_from_another_thread_wakes_the_loop(waiter, act):
    kept = act(waiter)
    assert waiter.has_ended.wait(LONG)
    del kept


@pytest.mark.parametrize("act", DO_NOT_WAKE.values(), ids=DO_NOT_WAKE)
def test_any_other_call_leaves_the_task_asleep_until_something_else_wakes_the_loop(waiter, act):
    kept = act(waiter)
    assert not waiter.has_ended.wait(0.5)
    waiter.loop.call_soon_threadsafe(lambda: None)
    assert waiter.has_ended.wait(LONG)
    del kept


def test_debug_mode_refuses_it():
    with LoopThread() as background:
        background.loop.set_debug(True)
        background.submit(place()).result(LONG)  # It runs by now.
        assert raised(background.loop.call_soon, print) == (
            RuntimeError,
            "Non-thread-safe operation invoked on an event loop other than the current one",
        )


# --- signals


@pytest.mark.parametrize("by", ["the future", "the task"])
def test_a_handler_on_the_main_thread_cancels_a_task_of_the_loop(waiter, by):
    def pass_on(*_):
        if by == "the future":
            waiter.future.cancel()
        else:
            waiter.loop.call_soon_threadsafe(waiter.task.cancel)

    window = queue.SimpleQueue()
    waiter.future.add_done_callback(window.put)
    before = signal.signal(signal.SIGINT, pass_on)
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert waiter.has_ended.wait(LONG)
    assert waiter.cancelled
    assert window.get(timeout=LONG) is waiter.future


# --- the end


@pytest.mark.parametrize("new_event_loop", LOOPS)
def test_the_end_of_the_block_lets_tasks_clean_up_closes_the_loop_and_joins_the_thread(
    new_event_loop,
):
    ended, started = [], threading.Event()

    async def keep_open():
        started.set()
        try:
            await forever()
        finally:
            ended.append(await price("tea"))

    with LoopThread(new_event_loop) as background:
        future = background.submit(keep_open())
        assert started.wait(LONG)
    assert ended == [3]
    assert future.cancelled()
    assert background.loop.is_closed()
    assert not background._thread.is_alive()


@pytest.mark.parametrize("new_event_loop", LOOPS)
def test_what_the_cleanup_of_a_task_raises_goes_to_the_exception_handler_of_the_loop(new_event_loop):
    reports, started = [], threading.Event()

    async def fails_at_its_end():
        started.set()
        try:
            await forever()
        finally:
            raise LookupError("not saved")

    with LoopThread(new_event_loop) as background:
        background.loop.set_exception_handler(lambda _, report: reports.append(report))
        future = background.submit(fails_at_its_end())
        assert started.wait(LONG)
    assert [repr(report["exception"]) for report in reports] == ["LookupError('not saved')"]
    assert raised(future.result, LONG) == (LookupError, "not saved")


@pytest.mark.parametrize("new_event_loop", LOOPS)
@pytest.mark.parametrize("ended", [False, True], ids=["while it ends", "after its end"])
def test_the_end_of_the_block_raises_the_exception_that_ended_the_loop(new_event_loop, ended):
    cleaned = []

    async def leave():
        raise SystemExit(3)

    async def cleans_up():
        try:
            await forever()
        finally:
            await asyncio.sleep(0.3)
            cleaned.append(True)

    with pytest.raises(SystemExit) as caught:
        with LoopThread(new_event_loop) as background:
            cleaning = background.submit(cleans_up())
            left = background.submit(leave())
            with pytest.raises(SystemExit):
                left.result(LONG)
            if ended:
                until(background.loop.is_closed)
            raise LookupError("of the block")
    assert caught.value.code == 3
    assert repr(caught.value.__context__) == "LookupError('of the block')"
    assert cleaned == [True]
    assert cleaning.cancelled()
    assert background.loop.is_closed()
    assert not background._thread.is_alive()


def test_a_task_that_ignores_its_cancellation_holds_up_the_end():
    started, cancelled, release = threading.Event(), threading.Event(), threading.Event()

    async def stubborn():
        started.set()
        try:
            await forever()
        except asyncio.CancelledError:
            cancelled.set()
            while not release.is_set():
                await asyncio.sleep(0.01)

    background = LoopThread().__enter__()
    kept = background.submit(stubborn())
    assert started.wait(LONG)
    leaving = threading.Thread(target=background.__exit__)
    leaving.start()
    assert cancelled.wait(LONG)
    leaving.join(timeout=0.5)
    assert leaving.is_alive()
    release.set()
    leaving.join(LONG)
    assert not leaving.is_alive()
    assert kept.done()


def test_after_the_end_submit_says_that_the_loop_is_closed():
    with LoopThread() as background:
        pass
    late = price("tea")
    assert raised(background.submit, late) == (RuntimeError, "Event loop is closed")
    late.close()


LATE = """
import asyncio, concurrent.futures, threading
from quotes import LoopThread

async def forever():
    await asyncio.Event().wait()

async def submits_at_its_end():
    global late
    started.set()
    try:
        await forever()
    finally:
        late = background.submit(forever())

started = threading.Event()
with LoopThread() as background:
    kept = background.submit(submits_at_its_end())
    started.wait()
try:
    late.result(timeout=1)
except concurrent.futures.TimeoutError:
    print("closed:", background.loop.is_closed(), "done:", late.done())
background.loop.set_exception_handler(lambda *_: None)
"""


def test_what_is_submitted_while_the_loop_ends_may_never_end():
    assert said(LATE) == ["closed: True done: False"]


NEVER_LEFT = """
import asyncio, threading
from quotes import LoopThread

background = LoopThread().__enter__()
background.submit(asyncio.sleep(0)).result()  # It runs by now.

def look():
    threading.main_thread().join()
    print("the loop runs:", background.loop.is_running(), flush=True)
    background.__exit__()

threading.Thread(target=look).start()
"""


def test_a_thread_that_is_not_stopped_keeps_the_process_alive():
    assert said(NEVER_LEFT) == ["the loop runs: True"]
