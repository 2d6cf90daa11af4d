"""What the guide says of results that are delivered in batches, a test for each sentence."""

import asyncio
import contextvars
import ctypes
import decimal
import gc
import importlib.util
import select
import statistics
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import letterbox
import pytest
from letterbox import _native

LOOPS = {"asyncio": asyncio.new_event_loop}
if importlib.util.find_spec("uvloop"):
    # It has no release for Windows, and none for CPython 3.13t.
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


@BOTH
def test_ten_thousand_at_once_have_each_its_own_answer(new_loop):
    async def main():
        return await asyncio.gather(*map(_native.delivered, range(10_000)))

    assert run(main(), new_loop) == [2 * code + 1 for code in range(10_000)]


class Watching(asyncio.SelectorEventLoop):
    """Knows the socket of the letterbox, and counts how often it is woken for answers."""

    drains = 0
    calls = 0

    def add_reader(self, fd, callback, *args):
        def counted():
            self.drains += 1
            callback(*args)

        self.letterbox = fd
        super().add_reader(fd, counted)

    def call_soon_threadsafe(self, *arguments, **options):
        self.calls += 1
        return super().call_soon_threadsafe(*arguments, **options)


def woken(of, busy):
    """How often a loop is woken for a thousand results, that was busy for so long after the calls."""

    async def main():
        futures = [of(code) for code in range(1000)]
        time.sleep(busy)
        await asyncio.gather(*futures)
        loop = asyncio.get_running_loop()
        return loop.drains, loop.calls

    return run(main(), Watching)


def test_the_bridge_calls_the_loop_once_for_each_result():
    assert woken(_native.bridged, 0) == (0, 1000)


def test_a_loop_that_was_busy_is_woken_once_for_all_results():
    # As busy as this machine needs to make the thousand meanwhile.
    seen = []
    while (1, 0) not in seen and len(seen) < 9:
        seen.append(woken(_native.delivered, 0.05 * 2 ** len(seen)))
    assert (1, 0) in seen


class Polled(ctypes.Structure):
    """`struct pollfd` of C."""

    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


def wait_with_the_interpreter(fd):
    """Blocks until something can be read. No other thread can run Python meanwhile."""
    polled = Polled(fd, select.POLLIN, 0)
    return ctypes.PyDLL(None).poll(ctypes.byref(polled), ctypes.c_ulong(1), 60_000)


def test_results_arrive_while_the_loop_keeps_the_interpreter():
    async def main():
        for _ in range(100):
            letter = _native.letter()
            letterbox.answer(1)
            assert wait_with_the_interpreter(asyncio.get_running_loop().letterbox) == 1
            assert not letter.done()
            assert await letter == Decimal("0.85")

    run(main(), Watching)


def readable(fd, seconds):
    return select.select([fd], [], [], seconds)[0] == [fd]


def converted_by(function, monkeypatch):
    """Makes the objects of the next results in this way."""
    monkeypatch.setattr(decimal, "Decimal", function)


def test_a_result_that_comes_during_a_delivery_is_delivered(monkeypatch):
    def answering(amount):
        monkeypatch.undo()
        fd = asyncio.get_running_loop().letterbox
        is_woken = readable(fd, 0)
        letterbox.answer(1)
        # The answer is in the box when it can be read, or after a while if it could before.
        assert readable(fd, 60) or is_woken
        time.sleep(0.1 if is_woken else 0)
        return Decimal(amount)

    async def main():
        for _ in range(20):
            converted_by(answering, monkeypatch)
            both = asyncio.gather(_native.letter(), _native.letter())
            letterbox.answer(1)
            assert await asyncio.wait_for(both, 10) == 2 * [Decimal("0.85")]

    run(main(), Watching)


@BOTH
def test_a_result_becomes_an_object_on_the_thread_of_the_loop(new_loop, monkeypatch):
    async def main():
        letterbox.answer(1)
        return await _native.letter()

    converted_by(lambda amount: threading.get_ident(), monkeypatch)
    assert run(main(), new_loop) == threading.get_ident()


def test_each_caller_goes_on_in_its_own_context():
    request = contextvars.ContextVar("request")
    seen = []

    async def caller(name):
        request.set(name)
        future = _native.letter()
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


def panic_exception():
    """PyO3's class for panics. Python sees it when Rust has raised something."""
    with pytest.raises(TypeError):
        letterbox.answer(None)
    named = [one for one in BaseException.__subclasses__() if one.__name__ == "PanicException"]
    return named[0]


ASKED = pytest.mark.parametrize("at_once", [False, True], ids=["later", "at_once"])


def clerk_who_raises(error):
    def clerk():
        raise error

    return clerk


@ASKED
def test_an_error_and_a_panic_end_the_await(at_once):
    async def main():
        with pytest.raises(LookupError) as caught:
            await _native.ask_clerk(clerk_who_raises(LookupError("no such street")), at_once)
        assert (type(caught.value), str(caught.value)) == (LookupError, "no such street")
        # It continues as a panic of Rust.
        with pytest.raises(_native.RustPanic) as caught:
            await _native.ask_clerk(clerk_who_raises(panic_exception()("no stamp")), at_once)
        assert str(caught.value) == "rust future panicked: no stamp"

    run(main())


@ASKED
def test_a_stop_iteration_ends_the_await_with_another_error(at_once):
    async def main():
        with pytest.raises((TypeError, RuntimeError)) as caught:
            await _native.ask_clerk(clerk_who_raises(StopIteration("no letter")), at_once)
        assert str(caught.value).startswith("StopIteration interacts badly with generators")

    run(main())


CONVERSIONS = {
    "error": (lambda: LookupError("no such coin"), LookupError, "no such coin"),
    "panic": (lambda: panic_exception()("no coin"), _native.RustPanic, "rust future panicked: no coin"),
}


@BOTH
@pytest.mark.parametrize("error, kind, message", CONVERSIONS.values(), ids=CONVERSIONS)
def test_a_conversion_that_fails_ends_its_own_await_alone(
    error, kind, message, new_loop, monkeypatch
):
    raised = error()

    def fails_once(amount):
        monkeypatch.undo()
        raise raised

    async def main():
        for _ in range(20):
            converted_by(fails_once, monkeypatch)
            letters = [asyncio.ensure_future(_native.letter()) for _ in range(100)]
            letterbox.answer(100)
            done, pending = await asyncio.wait(letters, timeout=10)
            assert not pending
            errors = [letter.exception() for letter in letters if letter.exception()]
            assert [(type(one), str(one)) for one in errors] == [(kind, message)]

    run(main(), new_loop)


@BOTH
@ASKED
def test_rust_may_await_python_before_it_answers(at_once, new_loop):
    request = contextvars.ContextVar("request")

    async def clerk():
        await asyncio.sleep(0)
        return request.get(), threading.get_ident()

    async def main():
        request.set("Ada")
        return await _native.ask_clerk(clerk, at_once)

    assert run(main(), new_loop) == ("Ada", threading.get_ident())


@BOTH
def test_a_cancel_drops_the_rust_future(new_loop):
    async def main():
        waiting = asyncio.ensure_future(letterbox.letter())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        # Had the first one stayed, it would get the answer.
        second = _native.letter()
        letterbox.answer(1)
        assert await asyncio.wait_for(second, 10) == Decimal("0.85")

    run(main(), new_loop)


def test_a_timeout_is_a_cancel():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_native.letter(), 0.01)
        second = _native.letter()
        letterbox.answer(1)
        assert await asyncio.wait_for(second, 10) == Decimal("0.85")

    run(main())


def test_an_answer_that_comes_too_late_is_lost():
    async def main():
        future = _native.letter()
        letterbox.answer(1)
        assert readable(asyncio.get_running_loop().letterbox, 60)
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await future
        letterbox.answer(1)
        assert await _native.letter() == Decimal("0.85")

    run(main(), Watching)


def files():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS have no /proc")
@BOTH
def test_a_loop_that_closes_drops_what_waits_and_closes_its_sockets(new_loop, capfd):
    async def main():
        return [_native.letter() for _ in range(100)]

    async def one_more():
        letter = _native.letter()
        letterbox.answer(1)
        return await letter

    run(asyncio.sleep(0), new_loop)
    before = files()
    for _ in range(3):
        loop = new_loop()
        waiting = loop.run_until_complete(main())
        assert len(files()) > len(before)
        loop.close()
        # Those that waited get no answer: it is for this one.
        assert run(one_more(), new_loop) == Decimal("0.85")
        assert not any(future.done() for future in waiting)
        del loop, waiting
        gc.collect()
        assert files() == before
    assert capfd.readouterr() == ("", "")


def test_a_loop_that_is_dropped_with_a_result_for_it_is_collected():
    async def main():
        return _native.letter()

    loop = Watching()
    letter = loop.run_until_complete(main())
    # The loop turns no more: what comes now stays in its outbox.
    letterbox.answer(1)
    assert readable(loop.letterbox, 60)
    # PyO3 gives back what Rust dropped without the GIL.
    letterbox.answer(0)
    assert not letter.done()
    dropped = weakref.ref(loop)
    del loop, letter
    with pytest.warns(ResourceWarning, match="unclosed event loop"):
        gc.collect()
    assert dropped() is None


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
    with pytest.raises(RuntimeError) as caught:
        _native.letter()
    assert str(caught.value) == "no running event loop"

    async def main():
        letterbox.answer(1)
        return await asyncio.wait_for(_native.letter(), 10)

    assert run(main()) == Decimal("0.85")


def test_what_is_ready_at_its_first_poll_is_done_at_once():
    async def main():
        future = _native.polled_first(1, True)
        assert future.done()
        assert await future == 3
        later = _native.polled_first(1, False)
        assert not later.done()
        assert await later == 3

    run(main())


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


def assert_times_faster(factor, before, after, at_once, rounds, new_loop):
    """By the median of seven short rounds, or of more until it is: what else runs here can take part in some."""
    ratios = []
    while len(ratios) < 7 or statistics.median(ratios) <= factor:
        assert len(ratios) < 40, f"not {factor} times faster: {sorted(ratios)}"
        slow, fast = (microseconds(of, at_once, rounds, new_loop) for of in (before, after))
        ratios.append(slow / fast)


@pytest.mark.parametrize("loop, factor", [(loop, 1.5 if loop == "asyncio" else 0.75) for loop in LOOPS])
def test_a_thousand_at_once_cost_less_than_two_thirds_on_asyncio_and_no_third_more_on_uvloop(loop, factor):
    assert_times_faster(factor, _native.bridged, _native.delivered, 1000, 3, LOOPS[loop])


@BOTH
def test_a_value_that_is_ready_costs_less_than_a_twentieth(new_loop):
    def ready(code):
        return _native.polled_first(code, True)

    assert_times_faster(20, _native.bridged_ready, ready, 1, 200, new_loop)
