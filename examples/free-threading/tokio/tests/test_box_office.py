"""What needs a GIL and what does not, a test for each sentence; on both kinds of Python."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from box_office import Show, _native, count

GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
# Two futures run at once, also on a machine with one core.
os.environ["TOKIO_WORKER_THREADS"] = "2"
THREADS = 4
TIMES = 20_000
SEATS = TIMES * THREADS // 2

# `step` says what comes next, and ends the program with exit code 1 if that takes too long.
WATCHED = """
import faulthandler, gc, threading
from box_office import Show

def watch():
    faulthandler.dump_traceback_later({seconds}, exit=True)

def step(name):
    print(name, flush=True)
    watch()

watch()
"""


def run(program, seconds):
    command = [sys.executable, "-c", WATCHED.format(seconds=seconds) + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def hangs_at(program):
    """The step that the program has begun, and never ends."""
    ended = run(program, seconds=5)
    assert (ended.returncode, ended.stderr.splitlines()[:1]) == (1, ["Timeout (0:00:05)!"]), ended
    return ended.stdout.splitlines()[-1:]


def printed(program):
    ended = run(program, seconds=60)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


def at_once(call, threads=THREADS):
    """What each of the threads returns, which begin at the same time."""
    begin = threading.Barrier(threads)

    def thread(_):
        begin.wait()
        return call()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(thread, range(threads)))


def comes_at_last(happens):
    """Whether it happens in one of many rounds: with a GIL, in none."""
    end = time.monotonic() + (1 if GIL else 60)
    while time.monotonic() < end:
        if happens():
            return True
    return False


def holds_where_it_fails(holds, fails, failures=5):
    """Whether one holds in each of the rounds in which the other fails several times, or of one minute."""
    end = time.monotonic() + 60
    held = holds()
    while held and failures and time.monotonic() < end:
        failures -= fails()
        held = holds()
    return held


def sold(sell):
    return sum(at_once(lambda: sum(sell() for _ in range(TIMES))))


def test_the_import_of_the_module_does_not_turn_a_gil_on():
    assert printed("""
import sys
print(getattr(sys, "_is_gil_enabled", lambda: True)())
""") == [str(GIL)]


def test_threads_sell_each_seat_of_a_show_once():
    assert sold(Show(SEATS).sell) == SEATS


def test_event_loops_in_several_threads_share_a_show():
    show = Show(1000)

    async def main():
        return sum(await asyncio.gather(*(show.sell_online() for _ in range(500))))

    assert sum(at_once(lambda: asyncio.run(main()))) == 1000


def sells_twice():
    return sold(_native.Tally(SEATS).sell) > SEATS


def test_a_load_and_a_store_sell_a_seat_twice_without_a_gil_alone():
    assert comes_at_last(sells_twice) == (not GIL)


# With a GIL, two steps do not fail here.
def test_one_atomic_step_sells_each_seat_once():
    def sells_once():
        return sold(_native.Tally(SEATS).sell_atomically) == SEATS

    assert holds_where_it_fails(sells_once, sells_twice, failures=0 if GIL else 2)


async def sold_in_futures(sell):
    return sum(await asyncio.gather(*(sell(TIMES) for _ in range(THREADS))))


def sells_twice_in_futures():
    return asyncio.run(sold_in_futures(_native.Tally(TIMES).sell_online)) > TIMES


def test_in_a_future_a_load_and_a_store_sell_a_seat_twice_with_a_gil_too():
    end = time.monotonic() + 60
    while not sells_twice_in_futures():
        assert time.monotonic() < end


def test_in_a_future_one_atomic_step_sells_each_seat_once():
    def sells_once():
        return asyncio.run(sold_in_futures(_native.Tally(TIMES).sell_online_atomically)) == TIMES

    assert holds_where_it_fails(sells_once, sells_twice_in_futures)


def test_two_threads_in_a_method_with_mut_self_fail_without_a_gil_alone():
    def fails():
        till = _native.Till()
        errors = []

        def take():
            for _ in range(TIMES):
                try:
                    till.take(1)
                except RuntimeError as error:
                    errors.append(str(error))

        at_once(take)
        assert till.takings == TIMES * THREADS - len(errors)
        assert set(errors) <= {"Already borrowed"}
        return errors != []

    assert comes_at_last(fails) == (not GIL)


def loses(count, times=TIMES):
    sales = {}
    at_once(lambda: [count(sales, "Hamlet") for _ in range(times)])
    return sales["Hamlet"] < times * THREADS


def test_a_get_and_a_set_of_a_dict_lose_sales_without_a_gil_alone():
    assert comes_at_last(lambda: loses(_native.count_unlocked)) == (not GIL)


# With a GIL, they lose none without the mutex either.
def test_under_a_mutex_they_lose_none():
    assert holds_where_it_fails(
        lambda: not loses(count), lambda: loses(_native.count_unlocked), failures=0 if GIL else 2
    )


def test_a_count_that_is_too_large_raises():
    sales = {"Hamlet": 2**64 - 2}
    count(sales, "Hamlet")
    with pytest.raises(OverflowError, match="^too many sales$"):
        count(sales, "Hamlet")
    assert sales == {"Hamlet": 2**64 - 1}


# Whether it does on a newer Python without a GIL is not known here.
@pytest.mark.skipif(not GIL and sys.version_info >= (3, 14), reason="needs CPython 3.13 or a GIL")
def test_in_a_critical_section_of_the_dict_they_lose_sales_without_a_gil_up_to_3_13():
    assert comes_at_last(lambda: loses(_native.count_in_section, times=100)) == (not GIL)


# The switch interval lets no thread run beside one that keeps the GIL.
WAITS = """
import sys
sys.setswitchinterval(100)
show = Show(1)
waiting = threading.Event()

def wait():
    waiting.set()
    show.{wait}()

thread = threading.Thread(target=wait)
step("waits")
thread.start()
waiting.wait()
step("collects")
for _ in range({collections}):
    watch()
    gc.collect()
step("sells")
print(show.sell())
thread.join()
"""

# In one of so many, the other thread is in Rust already.
MANY = 300
ALL_STEPS = ["waits", "collects", "sells", "True"]


@pytest.mark.parametrize("collections", [0, MANY])
def test_who_detaches_to_wait_lets_others_run_and_collect(collections):
    assert printed(WAITS.format(wait="wait_sold_out", collections=collections)) == ALL_STEPS


# With a GIL, the main thread does not even learn that the other one waits.
def test_who_waits_attached_stops_the_others_with_a_gil_alone():
    program = WAITS.format(wait="wait_attached", collections=0)
    if GIL:
        assert hangs_at(program) == ["waits"]
    else:
        assert printed(program) == ALL_STEPS


def test_who_waits_attached_stops_all_when_the_collector_runs_with_a_gil_or_without():
    program = WAITS.format(wait="wait_attached", collections=MANY)
    assert hangs_at(program) == ["waits" if GIL else "collects"]


# With a GIL, the other thread runs only when the main one has detached to wait.
def test_ctrl_c_ends_a_wait_that_detaches():
    assert printed("""
import signal, sys
sys.setswitchinterval(100)
signal.signal(signal.SIGINT, signal.default_int_handler)
show = Show(1)
about_to_wait = threading.Event()

def interrupt():
    about_to_wait.wait()
    signal.raise_signal(signal.SIGINT)

threading.Thread(target=interrupt).start()
try:
    about_to_wait.set()
    show.wait_sold_out()
except KeyboardInterrupt:
    print("interrupted, and sells:", show.sell())
""") == ["interrupted, and sells: True"]
