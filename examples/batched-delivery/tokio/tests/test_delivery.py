"""What the guide says of results that are delivered in batches, a test for each sentence."""

import asyncio
import contextvars
import gc
import statistics
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import letterbox
import pytest
from letterbox import _native

LOOPS = {"asyncio": asyncio.new_event_loop}
if sys.platform != "win32":
    # It has no release for Windows.
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop
BOTH = pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)


def run(main, new_loop=asyncio.new_event_loop):
    """`asyncio.run` on a loop of this kind, for at most a minute."""
    loop = new_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(asyncio.wait_for(main, 60))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def collected():
    """What is left of the test before may not count in this one."""
    gc.collect()
    assert _native.letters() == 0
    _native.settle(0)


@BOTH
def test_ten_thousand_at_once_have_each_its_own_answer(new_loop):
    async def main():
        return await asyncio.gather(*map(_native.delivered, range(10_000)))

    assert run(main(), new_loop) == [2 * code + 1 for code in range(10_000)]


class Counting(asyncio.SelectorEventLoop):
    """Counts how often it is woken for answers."""

    drains = 0
    calls = 0

    def add_reader(self, fd, callback, *args):
        def counted():
            self.drains += 1
            callback(*args)

        super().add_reader(fd, counted)

    def call_soon_threadsafe(self, *arguments, **options):
        self.calls += 1
        return super().call_soon_threadsafe(*arguments, **options)


def woken(of):
    async def main():
        futures = [of(code) for code in range(1000)]
        _native.settle(0)
        await asyncio.gather(*futures)
        loop = asyncio.get_running_loop()
        return loop.drains, loop.calls

    collected()
    return run(main(), Counting)


def test_the_bridge_calls_the_loop_once_for_each_result():
    assert woken(_native.bridged) == (0, 1000)


def test_a_loop_that_was_busy_is_woken_once_for_all_results():
    assert woken(_native.delivered) == (1, 0)


def test_tasks_end_while_the_loop_keeps_the_interpreter():
    async def main():
        futures = [_native.held() for _ in range(100)]
        letterbox.answer(100)
        _native.settle(0)
        assert not any(future.done() for future in futures)
        assert await asyncio.gather(*futures) == 100 * ["answered"]

    collected()
    run(main())


@BOTH
def test_a_result_that_comes_during_a_delivery_is_delivered(new_loop):
    async def main():
        for _ in range(100):
            both = asyncio.gather(_native.answering(), _native.held())
            assert await asyncio.wait_for(both, 10) == [None, "answered"]

    collected()
    run(main(), new_loop)


@BOTH
def test_a_result_becomes_an_object_on_the_thread_of_the_loop(new_loop):
    async def main():
        return await _native.made_on()

    assert run(main(), new_loop) == threading.get_ident()


def test_each_caller_goes_on_in_its_own_context():
    request = contextvars.ContextVar("request")
    seen = []

    async def caller(name):
        request.set(name)
        future = _native.held()
        future.add_done_callback(lambda _: seen.append((request.get(), threading.get_ident())))
        await future
        assert request.get() == name

    async def main():
        callers = [asyncio.ensure_future(caller(name)) for name in ("Ada", "Grace")]
        await asyncio.sleep(0)
        letterbox.answer(2)
        await asyncio.gather(*callers)

    run(main())
    assert sorted(seen) == [("Ada", threading.get_ident()), ("Grace", threading.get_ident())]


class Big:
    """Something that a context holds."""


def test_the_loop_does_not_keep_the_context_of_its_first_caller():
    big = contextvars.ContextVar("big")
    alive = []

    async def caller():
        big.set(Big())
        alive.append(weakref.ref(big.get()))
        await _native.delivered(1)

    async def main():
        await asyncio.ensure_future(caller())
        await asyncio.sleep(0)
        gc.collect()
        return alive[0]()

    assert run(main()) is None


ERRORS = [
    ("error", LookupError, "error"),
    ("panic", _native.RustPanic, "rust future panicked: no stamp"),
]


@pytest.mark.parametrize("at_once", [True, False], ids=["at_once", "later"])
@pytest.mark.parametrize("how, kind, message", ERRORS, ids=[error[0] for error in ERRORS])
def test_an_error_and_a_panic_end_the_await(how, kind, message, at_once):
    async def main():
        with pytest.raises(kind) as caught:
            await _native.ends(how, at_once)
        assert (type(caught.value), str(caught.value).strip("'")) == (kind, message)

    run(main())


@pytest.mark.parametrize("at_once", [True, False], ids=["at_once", "later"])
def test_a_stop_iteration_ends_the_await_with_another_error(at_once):
    async def main():
        with pytest.raises((TypeError, RuntimeError)) as caught:
            await _native.ends("stop", at_once)
        assert str(caught.value).startswith("StopIteration interacts badly with generators")

    run(main())


@BOTH
def test_a_cancel_drops_the_rust_future(new_loop):
    async def main():
        waiting = asyncio.ensure_future(letterbox.letter())
        await asyncio.sleep(0)
        assert (_native.letters(), _native.tasks()) == (1, 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        ended = time.monotonic() + 5
        while _native.letters() and time.monotonic() < ended:
            await asyncio.sleep(0)
        assert _native.letters() == 0
        letterbox.answer(1)
        assert await _native.held() == "answered"

    collected()
    run(main(), new_loop)


def test_a_timeout_is_a_cancel():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_native.held(), 0.01)
        ended = time.monotonic() + 5
        while _native.letters() and time.monotonic() < ended:
            await asyncio.sleep(0)
        assert _native.letters() == 0

    collected()
    run(main())


def test_an_answer_that_comes_too_late_is_lost():
    async def main():
        future = _native.held()
        letterbox.answer(1)
        _native.settle(0)
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await future
        letterbox.answer(1)
        assert await _native.held() == "answered"

    collected()
    run(main())


def files():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS have no /proc")
@BOTH
def test_a_loop_that_closes_drops_what_waits_and_closes_its_sockets(new_loop, capfd):
    async def main():
        return [_native.held() for _ in range(100)]

    collected()
    run(asyncio.sleep(0), new_loop)
    before = files()
    for _ in range(3):
        loop = new_loop()
        waiting = loop.run_until_complete(main())
        assert len(files()) > len(before)
        loop.close()
        _native.settle(0)
        assert _native.letters() == 0
        assert not any(future.done() for future in waiting)
        del loop, waiting
        gc.collect()
        assert files() == before
    assert capfd.readouterr() == ("", "")


@BOTH
def test_a_second_run_has_an_office_of_its_own(new_loop):
    async def main():
        return await _native.delivered(1)

    assert [run(main(), new_loop) for _ in range(3)] == [3, 3, 3]


@BOTH
def test_loops_that_take_turns_on_one_thread_keep_their_answers(new_loop):
    loops = [new_loop(), new_loop()]

    async def main():
        return await _native.delivered(1)

    open_before = len(files()) if sys.platform == "linux" else 0
    for _ in range(100):
        assert [loop.run_until_complete(main()) for loop in loops] == [3, 3]
    if sys.platform == "linux":
        # Two sockets each, and what uvloop opens for itself.
        assert len(files()) <= open_before + 12
    for loop in loops:
        loop.close()


@BOTH
def test_loops_on_two_threads_get_their_own_answers(new_loop):
    def on_a_thread(first):
        async def main():
            rounds = range(first, first + 5_000, 100)
            return [
                answer
                for start in rounds
                for answer in await asyncio.gather(*map(_native.delivered, range(start, start + 100)))
            ]

        return run(main(), new_loop)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(on_a_thread, [0, 100_000])
    assert first == [2 * code + 1 for code in range(5_000)]
    assert second == [2 * code + 1 for code in range(100_000, 105_000)]


class WithoutReaders(asyncio.SelectorEventLoop):
    """Like the proactor loop of Windows in this."""

    def add_reader(self, fd, callback, *args):
        raise NotImplementedError


def test_a_loop_that_watches_no_files_gets_its_results_through_the_bridge():
    async def main():
        return await asyncio.gather(*map(_native.delivered, range(100)))

    assert run(main(), WithoutReaders) == [2 * code + 1 for code in range(100)]


def test_it_is_a_future_of_asyncio_and_cannot_be_a_task():
    async def main():
        future = _native.delivered(1)
        assert isinstance(future, asyncio.Future)
        with pytest.raises(TypeError) as caught:
            asyncio.create_task(future)
        assert str(caught.value).startswith("a coroutine was expected, got <Future pending")
        assert await future == 3

    run(main())


def test_without_a_loop_nothing_starts():
    collected()
    with pytest.raises(RuntimeError) as caught:
        _native.held()
    assert str(caught.value) == "no running event loop"
    assert (_native.letters(), _native.tasks()) == (0, 0)


def test_what_is_ready_at_its_first_poll_is_done_at_once():
    async def main():
        future = _native.polled_first(1, True)
        assert (future.done(), _native.tasks()) == (True, 0)
        assert await future == 3
        later = _native.polled_first(1, False)
        assert not later.done()
        assert await later == 3

    collected()
    run(main())


EXIT = """
import asyncio, os, sys
import letterbox
from letterbox import _native

class Late:
    def __init__(self):
        self.used = letterbox.answer, _native.settle, _native.letters, sys.is_finalizing, os.write

    def __del__(self):
        answer, settle, letters, is_finalizing, write = self.used
        before = letters()
        answer(50)
        settle(0)
        write(1, f"{is_finalizing()} {before} {letters()}".encode())

async def main():
    return [_native.held() for _ in range(50)]

late = Late()
# Nobody closes this loop.
loop = asyncio.new_event_loop()
waiting = loop.run_until_complete(main())
sys.modules["kept"] = loop
"""


def test_results_may_come_while_python_is_being_finalized():
    run = subprocess.run([sys.executable, "-c", EXIT], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr, run.stdout) == (0, "", "True 50 0")


def microseconds(of, at_once, rounds, new_loop):
    """Of processor time for one call, with so many at once: a busy machine changes little in it."""

    async def main():
        await of(1)
        start = time.process_time()
        for _ in range(rounds):
            if at_once == 1:
                await of(1)
            else:
                await asyncio.gather(*map(of, range(at_once)))
        return (time.process_time() - start) / rounds / at_once * 1e6

    return run(main(), new_loop)


def times_faster(before, after, at_once, rounds, new_loop):
    """The median of short rounds, one after the other."""
    return statistics.median(
        microseconds(before, at_once, rounds, new_loop) / microseconds(after, at_once, rounds, new_loop)
        for _ in range(7)
    )


@BOTH
def test_a_thousand_at_once_cost_less_than_a_quarter(new_loop):
    assert times_faster(_native.bridged, _native.delivered, 1000, 1, new_loop) > 4


@BOTH
def test_a_value_that_is_ready_costs_less_than_a_twentieth(new_loop):
    def ready(code):
        return _native.polled_first(code, True)

    assert times_faster(_native.bridged_ready, ready, 1, 200, new_loop) > 20
