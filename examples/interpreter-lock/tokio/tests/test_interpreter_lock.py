"""Who waits for whom, a test for each sentence."""

import asyncio
import subprocess
import sys
import threading
import time

import bookings
import pytest
from bookings import _native

# Python lets go of the interpreter only where it waits: so what freezes always freezes.
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


def test_the_watchdog_sees_the_line_and_the_thread_of_rust():
    dump = run("_native.book_attached(5, print)", seconds=3).stderr
    assert "<no Python frame>" in dump
    assert 'File "<string>"' in dump


def test_no_other_thread_runs_python_while_a_call_stays_attached():
    times = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            times.append(time.monotonic())

    ticking = threading.Thread(target=tick)
    ticking.start()
    while len(times) < 100:
        time.sleep(0.001)
    before = time.monotonic()
    _native.hold(0.2)
    after = time.monotonic()
    done.set()
    ticking.join()
    during = [time for time in times if before < time < after]
    pauses = [b - a for a, b in zip([before, *during], [*during, after])]
    assert max(pauses) >= 0.2


def test_the_whole_loop_waits_while_a_call_stays_attached():
    async def main():
        start = time.monotonic()
        turn = asyncio.ensure_future(asyncio.sleep(0.01))
        await asyncio.sleep(0)
        _native.hold(0.2)
        assert not turn.done()
        await turn
        return time.monotonic() - start

    assert asyncio.run(main()) >= 0.2


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


BEATING = """
import os
os.environ["TOKIO_WORKER_THREADS"] = "WORKERS"

async def main(books, seconds, enough=None):
    _native.start_beating()
    bookings = [book(5, lambda total: None) for book in books]
    _native.until_knocked(len(books))
    beats, pause = _native.hold(seconds, enough)
    await asyncio.gather(*bookings)
    print("no beat" if beats == 0 else f"at least {min(beats, 20)} beats")
    print("a pause as long as the call" if pause >= seconds else "shorter pauses")
"""


def beats(program, workers=1):
    return printed(BEATING.replace("WORKERS", str(workers)) + f"asyncio.run({program})")


def test_a_worker_that_waits_for_the_interpreter_stops_tasks_of_rust():
    assert beats("main([_native.book_on_worker], 0.5)") == ["no beat", "a pause as long as the call"]


def test_as_many_waits_as_workers_stop_a_larger_runtime():
    assert beats("main(2 * [_native.book_on_worker], 0.5)", workers=2) == ["no beat", "a pause as long as the call"]


def test_a_blocking_thread_that_waits_lets_them_go_on():
    program = "main([_native.book_on_blocking_thread], 60, enough=20)"
    assert beats(program) == ["at least 20 beats", "shorter pauses"]


DELIVERING = """
import os
os.environ["TOKIO_WORKER_THREADS"] = "1"

async def main():
    _native.start_beating()
    bookings = [_native.book_silently(1) for _ in range(50)]
    while _native.total() < 50:
        pass
    beats, _ = _native.hold(60, enough=20)
    assert not any(booking.done() for booking in bookings)
    return beats >= 20, sorted(await asyncio.gather(*bookings)) == list(range(1, 51))

print(asyncio.run(main()))
"""


def test_results_that_wait_for_the_interpreter_let_them_go_on():
    assert printed(DELIVERING) == ["(True, True)"]


LOCKED = """
async def main(total, tell=lambda total: None):
    booking = _native.book_locked(5, tell)
    _native.until_knocked()
    totals = total()
    return totals, await booking
"""


def test_who_is_attached_and_waits_for_a_lock_waits_for_ever_for_its_holder_to_attach():
    assert freezes(LOCKED + "asyncio.run(main(_native.total_attached))")


def test_lock_py_attached_lets_the_holder_attach():
    assert printed(LOCKED + "print(asyncio.run(main(_native.total)))") == ["(5, 5)"]


UNLOCKED = """
async def main():
    booking = _native.book_on_blocking_thread(5, lambda total: None)
    _native.until_knocked()
    return _native.total_attached(), await booking

print(asyncio.run(main()))
"""


def test_a_lock_that_is_free_by_the_time_of_the_call_needs_neither():
    assert printed(UNLOCKED) == ["(5, 5)"]


def test_a_callback_that_asks_for_the_lock_its_caller_holds_waits_for_ever():
    assert freezes(LOCKED + "asyncio.run(main(lambda: 0, lambda total: _native.total()))")


def test_a_callback_may_ask_when_its_caller_has_unlocked():
    async def main():
        asked = []
        told = await bookings.book(5, lambda total: asked.append(bookings.total()))
        return asked == [told]

    assert asyncio.run(main())


LOGS = """
logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stdout)
"""


def test_a_thread_that_logs_waits_for_ever_for_who_waits_for_it():
    assert freezes(LOGS + "_native.sum_attached([1, 2, 3])")


def test_a_call_that_detaches_lets_the_thread_log():
    summed = LOGS + "print(_native.sum_detached([1, 2, 3]))"
    assert printed(summed) == ["a thread sums 3 amounts", "6"]


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
