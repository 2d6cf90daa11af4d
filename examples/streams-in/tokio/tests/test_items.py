"""What becomes of a Python async generator that Rust reads, a test for each sentence."""

import asyncio
import contextvars
import gc
import itertools
import sys
import weakref

import pytest
from intake import _native, total
from intake._pump import Pump

# What v1 asks of a loop that is closed is never awaited, and is collected at any time later.
pytestmark = pytest.mark.filterwarnings("ignore:.*was never awaited")

WAYS = [_native.read_v1, _native.read_v2, _native.read]
BRIDGE = pytest.mark.parametrize("read", WAYS[:2])
ALL = pytest.mark.parametrize("read", WAYS)


async def failing():
    yield 20
    yield 10
    raise ValueError("the third price is missing")


async def crossings():
    """Time for the threads of Rust, and for PyO3 to release what they dropped."""
    for _ in range(20):
        await _native.read(empty()).drop()


async def empty():
    return
    yield


async def collect(reader, most=100):
    got = []
    for _ in range(most):
        try:
            got.append(await reader.__anext__())
        except StopAsyncIteration:
            break
        except (Exception, asyncio.CancelledError) as error:
            got.append((type(error), str(error)))
    return got


def run_with_reports(main):
    """Runs it, and returns what the loop's exception handler was told."""
    reports = []

    async def reported():
        handler = lambda loop, context: reports.append((context["message"], str(context["exception"])))
        asyncio.get_running_loop().set_exception_handler(handler)
        await main()

    asyncio.run(reported())
    return reports


@ALL
def test_all_items_arrive_in_order(read):
    async def numbers():
        for number in range(100):
            yield number

    async def main():
        assert await collect(read(numbers()), 200) == list(range(100))

    asyncio.run(main())


# Errors


def test_v2_ends_as_if_there_had_been_no_error():
    async def main():
        assert await _native.total_v2(failing()) == 30
        gc.collect()

    reports = run_with_reports(main)
    assert reports == [("Task exception was never retrieved", "the third price is missing")]


def test_whoever_keeps_the_failed_task_of_v2_keeps_its_stream_open():
    async def main():
        sums = asyncio.ensure_future(_native.total_v2(failing()))
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        done, _ = await asyncio.wait(tasks, timeout=60)
        assert len(done) == 1
        await crossings()
        assert not sums.done()
        tasks.clear()
        done.clear()
        gc.collect()
        await crossings()
        assert await asyncio.wait_for(sums, 60) == 30

    run_with_reports(main)


def test_v1_passes_an_error_on():
    async def main():
        assert await collect(_native.read_v1(failing())) == [
            20,
            10,
            (ValueError, "the third price is missing"),
        ]

    asyncio.run(main())


class Broken:
    def __init__(self):
        self.calls = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        self.calls += 1
        raise OSError("the line is dead")


def test_v1_asks_again_after_an_error_and_never_ends():
    async def main():
        got = await collect(_native.read_v1(Broken()))
        assert got == 100 * [(OSError, "the line is dead")]

    asyncio.run(main())


def test_v1_on_a_closed_loop_gives_errors_for_ever():
    async def opened():
        return _native.read_v1(Broken())

    reader = asyncio.run(opened())
    got = asyncio.run(collect(reader))
    assert len(got) == 100
    assert set(got[10:]) == {(RuntimeError, "Event loop is closed")}


def test_items_passes_an_error_on_and_ends():
    async def main():
        got = await collect(_native.read(failing()))
        assert got == [20, 10, (ValueError, "the third price is missing")]
        broken = Broken()
        assert await collect(_native.read(broken)) == [(OSError, "the line is dead")]
        assert broken.calls == 1

    assert run_with_reports(main) == []


def test_the_total_fails_with_the_error_of_the_generator():
    async def main():
        with pytest.raises(ValueError, match="^the third price is missing$"):
            await total(failing())

    assert run_with_reports(main) == []


def test_items_says_that_its_loop_has_ended():
    async def opened():
        return _native.read(waiting([]))

    reader = asyncio.run(opened())
    # uvloop lets the generator begin before it cancels.
    assert asyncio.run(collect(reader))[-1] == (asyncio.CancelledError, "")


def test_items_says_it_even_if_the_generator_had_begun():
    log = []

    async def opened():
        reader = _native.read(waiting(log))
        assert await reader.__anext__() == 0
        return reader

    reader = asyncio.run(opened())
    assert log == ["closing", "closed"]
    assert asyncio.run(collect(reader)) == [(asyncio.CancelledError, "")]


# Closing


async def endless(log):
    try:
        for number in itertools.count():
            yield number
    finally:
        log.append("closing")
        await asyncio.sleep(0)
        log.append("closed")


async def waiting(log):
    try:
        yield 0
        await asyncio.sleep(3600)
    finally:
        log.append("closing")
        await asyncio.sleep(0)
        log.append("closed")


async def until(condition):
    for _ in range(10_000):
        if condition():
            return
        await _native.read(empty()).drop()
    raise AssertionError("it did not come")


def test_v1_closes_a_dropped_generator_without_its_loop(monkeypatch):
    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: ignored.append(str(error.exc_value)))
    log = []

    async def main():
        reader = _native.read_v1(endless(log))
        await reader.__anext__()
        await reader.drop()
        await until(lambda: ignored)

    asyncio.run(main())
    assert log == ["closing"]
    assert ignored == ["async generator ignored GeneratorExit"]


def test_v1_hides_the_generator_from_its_loop():
    log = []

    async def numbers():
        try:
            for number in itertools.count():
                log.append(number)
                yield number
        finally:
            log.append("closed")

    async def main():
        reader = _native.read_v1(numbers())
        assert await reader.__anext__() == 0
        await until(lambda: log == [0, 1, 2])
        await crossings()
        return reader

    reader = asyncio.run(main())
    assert log == [0, 1, 2]
    del reader


def test_v2_closes_a_dropped_generator_at_the_next_item():
    log = []

    async def main():
        reader = _native.read_v2(endless(log))
        await reader.__anext__()
        assert log == []
        await reader.drop()
        await until(lambda: log == ["closing", "closed"])

    asyncio.run(main())


@BRIDGE
def test_the_bridge_does_not_close_a_generator_that_waits(read):
    log = []

    async def main():
        reader = read(waiting(log))
        await reader.__anext__()
        await reader.drop()
        await crossings()
        gc.collect()
        assert log == []

    asyncio.run(main())


@pytest.mark.parametrize("generator", [endless, waiting])
def test_items_closes_a_dropped_generator_on_its_loop(generator):
    log = []

    async def main():
        reader = _native.read(generator(log))
        await reader.__anext__()
        await reader.drop()
        await until(lambda: log == ["closing", "closed"])

    assert run_with_reports(main) == []


def test_a_cancelled_total_closes_the_generator():
    log = []

    async def main():
        summing = asyncio.ensure_future(total(waiting(log)))
        await until(lambda: log == ["opened"])
        summing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await summing
        await until(lambda: log == ["opened", "closing", "closed"])

    async def waiting(log):
        log.append("opened")
        try:
            yield 0
            await asyncio.sleep(3600)
        finally:
            log.append("closing")
            await asyncio.sleep(0)
            log.append("closed")

    asyncio.run(main())


def test_a_total_that_fails_in_rust_closes_the_generator():
    log = []

    async def words():
        try:
            yield 1
            yield "two"
            yield 3
        finally:
            log.append("closed")

    async def main():
        with pytest.raises(TypeError, match="'str' object"):
            await total(words())
        await until(lambda: log)

    asyncio.run(main())


def test_the_stream_ends_after_what_it_reads_has_closed():
    log = []

    class Source:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise StopAsyncIteration

        async def aclose(self):
            await crossings()
            log.append("closed")

    async def main():
        assert await total(Source()) == 0
        assert log == ["closed"]

    asyncio.run(main())


def test_an_error_while_it_closes_goes_to_the_loop():
    async def stubborn():
        try:
            for number in itertools.count():
                yield number
        finally:
            raise ValueError("cannot close")

    async def main():
        reader = _native.read(stubborn())
        await reader.__anext__()
        await reader.drop()
        await until(lambda: reports)

    reports = []

    async def reported():
        handler = lambda loop, context: reports.append((context["message"], str(context["exception"])))
        asyncio.get_running_loop().set_exception_handler(handler)
        await main()

    asyncio.run(reported())
    assert reports == [("Rust no longer waits for this error", "cannot close")]


def test_an_iterator_without_aclose_will_do():
    class Countdown:
        def __init__(self):
            self.left = 3

        def __aiter__(self):
            return self

        async def __anext__(self):
            self.left -= 1
            if self.left < 0:
                raise StopAsyncIteration
            return self.left

    assert asyncio.run(total(Countdown())) == 3


def test_what_is_no_async_iterable_is_refused_at_the_call():
    async def main():
        with pytest.raises(AttributeError, match="__aiter__"):
            _native.read([1, 2, 3])

    asyncio.run(main())


def test_an_error_that_nobody_reads_is_not_kept():
    class Mistake(Exception):
        pass

    mistakes = []

    async def mistaken():
        mistake = Mistake("nobody reads this")
        mistakes.append(weakref.ref(mistake))
        raise mistake
        yield

    async def main():
        reader = _native.read(mistaken())
        while len(asyncio.all_tasks()) > 1 or not mistakes:
            await asyncio.sleep(0)
        await reader.drop()

    run_with_reports(main)
    asyncio.run(crossings())
    gc.collect()
    assert mistakes[0]() is None


# Ahead, and in which context


@pytest.mark.parametrize(
    "read, ahead",
    [
        (_native.read_v1, (2, 2)),
        (_native.read_v2, (11, 12)),
        (_native.read, (2, 2)),
        (lambda items: _native.read(items, 5), (6, 6)),
    ],
    ids=["v1", "v2", "items", "items with 5"],
)
def test_how_far_the_generator_runs_ahead(read, ahead):
    yielded = []
    least, most = ahead

    async def numbers():
        for number in itertools.count():
            yielded.append(number)
            yield number

    async def main():
        reader = read(numbers())
        for taken in range(30):
            await until(lambda: len(yielded) >= taken + least)
            await crossings()
            assert len(yielded) <= taken + most
            assert await reader.__anext__() == taken
        await reader.drop()

    asyncio.run(main())


def test_items_that_find_room_are_not_awaited(monkeypatch):
    async def main():
        loop = asyncio.get_running_loop()
        woken = []
        wake = loop.call_soon_threadsafe

        def count(*arguments, **more):
            woken.append(arguments)
            return wake(*arguments, **more)

        monkeypatch.setattr(loop, "call_soon_threadsafe", count)
        reader = _native.read(numbers(), 1000)
        assert await reader.__anext__() == 0
        while not ended:
            await asyncio.sleep(0)
        assert len(woken) < 20

    async def numbers():
        for number in range(500):
            yield number
        ended.append(True)

    ended = []
    asyncio.run(main())


def test_a_generator_that_never_waits_leaves_the_loop_its_turns():
    async def main():
        reader = _native.read(numbers(), 1000)
        turns = 0
        while not ended:
            turns += 1
            await asyncio.sleep(0)
        assert turns >= 5
        await reader.drop()

    async def numbers():
        for number in range(500):
            yield number
        ended.append(True)

    ended = []
    asyncio.run(main())


def test_all_streams_share_one_class_of_pump():
    async def main():
        await _native.read(empty()).drop()
        first = sys.modules["intake._pump"].Pump
        await _native.read(empty()).drop()
        assert sys.modules["intake._pump"].Pump is first

    asyncio.run(main())


def test_the_generator_sees_the_context_of_whoever_opened_it():
    user = contextvars.ContextVar("user", default="nobody")

    async def names():
        yield user.get()

    async def main():
        user.set("Ada")
        reader = _native.read(names())
        user.set("Bob")
        assert await collect(reader) == ["Ada"]

    asyncio.run(main())


def tasks_that_run(read):
    """How many tasks run a generator of three items."""
    tasks = []

    async def items():
        for number in range(3):
            tasks.append(asyncio.current_task())
            yield number

    async def main():
        assert await collect(read(items())) == [0, 1, 2]

    asyncio.run(main())
    return len(set(tasks))


def test_v1_runs_each_item_in_a_task_of_its_own_and_the_others_all_in_one():
    assert [tasks_that_run(read) for read in WAYS] == [3, 1, 1]


def test_a_context_token_is_valid_over_a_yield_unless_v1_reads():
    user = contextvars.ContextVar("user", default="nobody")

    async def names():
        token = user.set("Ada")
        yield user.get()
        user.reset(token)
        yield user.get()

    async def main():
        for read in WAYS[1:]:
            assert await collect(read(names())) == ["Ada", "nobody"]
        first, (error, text) = await collect(_native.read_v1(names()))
        assert (first, error) == ("Ada", ValueError)
        assert text.endswith("was created in a different Context")

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout came with Python 3.11")
def test_a_timeout_around_a_yield_fires_unless_v1_reads():
    async def slow():
        async with asyncio.timeout(None) as limit:
            yield "first"
            limit.reschedule(asyncio.get_running_loop().time())
            for _ in range(5):
                await asyncio.sleep(0)
            yield "went on after the timeout"

    async def main():
        assert await collect(_native.read(slow())) == ["first", (TimeoutError, "")]
        assert (await collect(_native.read_v1(slow())))[:2] == ["first", "went on after the timeout"]

    asyncio.run(main())


class Deaf:
    """Rust no longer reads."""

    async def send(self, item):
        return False

    def end(self, error):
        self.error = error
        return False


def test_a_drop_does_not_stop_a_closing_that_has_begun():
    log, sink = [], Deaf()

    async def main():
        closing, go_on = asyncio.Event(), asyncio.Event()

        async def generator():
            try:
                yield 0
            finally:
                closing.set()
                await go_on.wait()
                log.append("closed")

        pump = Pump(generator(), sink)
        pump.start()
        await closing.wait()
        pump.stop()
        go_on.set()
        await asyncio.wait([pump.task])

    asyncio.run(main())
    assert (log, sink.error) == (["closed"], None)


def test_after_asyncio_run_nothing_is_left_of_a_reader_that_was_not_dropped():
    # Kept until the loop has ended: dropped earlier, it would begin to close before that.
    log, kept = [], []

    async def main():
        reader = _native.read(endless(log))
        kept.append(reader)
        assert await reader.__anext__() == 0

    asyncio.run(main())
    assert log == ["closing", "closed"]


def test_the_end_of_asyncio_run_stops_a_closing_that_has_begun():
    log = []

    async def main():
        closing = asyncio.Event()

        async def generator():
            try:
                while True:
                    yield 0
            finally:
                closing.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    log.append("cancelled")
                    raise

        reader = _native.read(generator())
        assert await reader.__anext__() == 0
        await reader.drop()
        await closing.wait()

    asyncio.run(main())
    assert log == ["cancelled"]
