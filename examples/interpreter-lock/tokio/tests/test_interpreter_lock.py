"""Which thread waits for which, a test for each sentence."""

import asyncio
import re
import subprocess
import sys
import sysconfig
import threading

import bookings
import pytest
from bookings import _native

# Without it such a call waits only if CPython stops all threads meanwhile, as for a garbage collection.
NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")

# Python releases the GIL only where it waits, so that each deadlock is certain.
COMMON = """
import asyncio, faulthandler, logging, sys, threading
import bookings
from bookings import _native
faulthandler.dump_traceback_later({seconds}, exit=True)
sys.setswitchinterval(100)
"""


def run(program, seconds):
    return subprocess.run(
        [sys.executable, "-c", COMMON.format(seconds=seconds) + program],
        capture_output=True,
        text=True,
        timeout=120,
    )


def freezes(program):
    ended = run(program, seconds=1)
    return (ended.returncode, ended.stderr.splitlines()[:1]) == (1, ["Timeout (0:00:01)!"])


def printed(program):
    ended = run(program, seconds=60)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


@NEEDS_GIL
def test_a_call_that_stays_attached_waits_for_ever_for_a_task_that_attaches():
    assert freezes("_native.book_attached(5, print)")


def test_a_call_that_detaches_is_told_by_another_thread():
    assert printed("print(_native.book_detached(5, print))") == ["5", "5"]
    told = []
    _native.book_detached(5, lambda total: told.append(threading.get_ident()))
    assert len(told) == 1 and told[0] != threading.get_ident()


def test_a_future_that_attaches_on_the_thread_that_is_attached_does_not_wait():
    told = []
    _native.book_inline(5, lambda total: told.append(threading.get_ident()))
    assert told == [threading.get_ident()]


@NEEDS_GIL
def test_the_watchdog_sees_the_line_and_the_thread_of_rust():
    dump = run("_native.book_attached(5, print)", seconds=3).stderr
    assert "<no Python frame>" in dump
    assert 'File "<string>"' in dump


TICKS = """
import time
_native.sum_detached([1])  # The logger caches its level.
amounts = list(range(1_000_000))
times = []

def tick():
    while True:
        times.append(None)
        time.sleep(0)

threading.Thread(target=tick, daemon=True).start()
while len(times) < 100:
    time.sleep(0.001)
before = len(times)
_native.sum_attached(amounts)
print(len(times) - before)
"""


@NEEDS_GIL
def test_no_other_thread_runs_python_while_a_call_stays_attached():
    assert printed(TICKS) == ["0"]


def test_the_whole_loop_waits_while_a_call_stays_attached():
    async def main():
        turns = []
        asyncio.get_running_loop().call_soon(turns.append, "a turn")
        _native.book_inline(5, lambda total: None)
        assert turns == []
        await asyncio.sleep(0)
        assert turns == ["a turn"]

    asyncio.run(main())


GIVES_WAY = """
sys.setswitchinterval(0.005)
told = []
waiting = threading.Thread(target=_native.book_detached, args=(5, told.append))
waiting.start()
while not told:
    pass
waiting.join()
print(told)
"""


def test_python_gives_way_to_a_thread_that_waits():
    assert printed(GIVES_WAY) == ["[5]"]


# Python computes, and so keeps the GIL, until the ledger has this total.
OTHERS = """
import os, time
os.environ["TOKIO_WORKER_THREADS"] = "WORKERS"

def compute(total, seconds=50):
    end = time.monotonic() + seconds
    while _native.total_attached() != total:
        if time.monotonic() > end:
            return False
    return True

async def main(books, seconds):
    bookings = [book(5, lambda total: None) for book in books]
    assert compute(5 * len(books))  # Rust is about to attach.
    silent = _native.book_silently(1)
    print(compute(5 * len(books) + 1, seconds))
    await asyncio.gather(silent, *bookings)
"""


def others(books, workers=1, seconds=0.5):
    """Whether another booking is made while those wait for the GIL."""
    program = OTHERS.replace("WORKERS", str(workers))
    return printed(f"{program}asyncio.run(main({books}, {seconds}))")


@NEEDS_GIL
def test_a_worker_that_waits_for_the_interpreter_stops_tasks_of_rust():
    assert others("[_native.book_on_worker]") == ["False"]


@NEEDS_GIL
def test_as_many_waits_as_workers_stop_a_larger_runtime():
    assert others("2 * [_native.book_on_worker]", workers=2) == ["False"]
    assert others("[_native.book_on_worker]", workers=2, seconds=50) == ["True"]


def test_a_blocking_thread_that_waits_lets_them_go_on():
    assert others("[_native.book_on_thread]", seconds=50) == ["True"]


DELIVERING = """
async def main():
    bookings = [_native.book_silently(1) for _ in range(50)]
    assert compute(50)
    silent = _native.book_silently(1)
    print(compute(51), any(booking.done() for booking in bookings))
    await asyncio.gather(silent, *bookings)

asyncio.run(main())
"""


def test_results_that_wait_for_the_interpreter_let_them_go_on():
    assert printed(OTHERS.replace("WORKERS", "1") + DELIVERING) == ["True False"]


# The callback is called under the lock, and needs the GIL to return.
LOCKED = """
locked, leave = threading.Event(), threading.Event()

def wait(total):
    locked.set()
    leave.wait()

async def main(total):
    booking = _native.book_locked(5, wait)
    locked.wait()
    leave.set()
    totals = total()
    return totals, await booking

"""


@NEEDS_GIL
def test_who_is_attached_and_waits_for_a_lock_waits_for_ever_for_its_holder_to_attach():
    assert freezes(LOCKED + "asyncio.run(main(_native.total_attached))")


def test_lock_py_attached_lets_the_holder_attach():
    assert printed(LOCKED + "print(asyncio.run(main(_native.total)))") == ["(5, 5)"]


UNLOCKED = """
async def main():
    booking = _native.book_on_thread(5, lambda total: None)
    while _native.total_attached() != 5:
        pass
    return await booking

print(asyncio.run(main()))
"""


def test_a_lock_that_is_free_by_the_time_of_the_call_needs_neither():
    assert printed(UNLOCKED) == ["5"]


def test_a_callback_that_asks_for_the_lock_its_caller_holds_waits_for_ever():
    program = "async def main(): await _native.book_locked(5, lambda total: _native.total())\n"
    assert freezes(program + "asyncio.run(main())")


def test_a_callback_may_ask_when_its_caller_has_unlocked():
    async def main():
        asked = []
        told = await bookings.book(5, lambda total: asked.append(bookings.total()))
        return asked == [told]

    assert asyncio.run(main())


LOGS = """
logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stdout)
"""


@NEEDS_GIL
def test_a_thread_that_logs_waits_for_ever_for_who_waits_for_it():
    assert freezes(LOGS + "_native.sum_attached([1, 2, 3])")


def test_a_call_that_detaches_lets_the_thread_log():
    summed = LOGS + "print(_native.sum_detached([1, 2, 3]))"
    assert printed(summed) == ["a thread sums 3 amounts", "6"]


@NEEDS_GIL
def test_the_first_record_of_a_logger_waits_even_if_its_level_is_off():
    assert freezes("_native.sum_attached([1, 2, 3])")


def test_once_the_level_is_cached_a_record_below_it_waits_for_nobody():
    program = "print(_native.sum_detached([1, 2]), _native.sum_attached([1, 2, 3]))"
    assert printed(program) == ["3 6"]


def test_the_package_needs_none_of_the_calls_that_freeze():
    async def main():
        told = []
        total = await bookings.book(5, told.append)
        return told == [total] and total == bookings.total()

    assert asyncio.run(main())
    assert bookings.sum([1, 2, 3]) == 6
    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(bookings.book(0, lambda total: 1 // 0))
    assert str(caught.value).startswith("integer division or modulo by zero")


def panic():
    """What a function of Rust that panics raises. PyO3 makes the class when it takes an exception."""
    with pytest.raises(ZeroDivisionError):
        _native.book_inline(0, lambda total: 1 // 0)
    classes = BaseException.__subclasses__()
    return next(it for it in classes if it.__name__ == "PanicException")("of the callback")


async def awaited(function, *arguments):
    return await function(*arguments)


def test_a_panic_of_a_task_or_a_blocking_thread_is_a_rust_panic_with_its_text():
    error = panic()

    def panics(total):
        raise error

    for book in (_native.book_detached, lambda *booking: asyncio.run(bookings.book(*booking))):
        with pytest.raises(Exception) as caught:
            book(0, panics)
        assert type(caught.value).__name__ == "RustPanic"
        assert re.fullmatch('task [0-9]+ panicked with message "of the callback"', str(caught.value))


def test_a_panic_under_the_lock_does_not_end_the_ledger():
    error = panic()

    def panics(total):
        raise error

    with pytest.raises(Exception) as caught:
        asyncio.run(awaited(_native.book_locked, 1, panics))
    assert type(caught.value).__name__ == "RustPanic"
    assert asyncio.run(bookings.book(0, print)) == bookings.total()


def test_a_total_that_is_too_large_is_an_overflow_error_and_changes_nothing():
    tell = [].append
    total = asyncio.run(bookings.book(1, tell))  # More than nothing, so that the amount is too much.
    for booking in (
        lambda: asyncio.run(bookings.book(2**63 - 1, tell)),
        lambda: asyncio.run(awaited(_native.book_on_worker, 2**63 - 1, tell)),
        lambda: _native.book_detached(2**63 - 1, tell),
    ):
        with pytest.raises(OverflowError, match="^the total is too large$"):
            booking()
        assert bookings.total() == total
    assert asyncio.run(bookings.book(1, tell)) == total + 1
