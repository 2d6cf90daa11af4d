"""What the guide says of a sync face that awaits coroutines, a test for each sentence."""

import asyncio
import contextvars
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import totals

ITEMS = ["tea", "milk"]
PRICES = {"tea": 3, "milk": 2}


async def price_of(item):
    await asyncio.sleep(0)
    return PRICES[item]


def in_a_cell(function, *arguments):
    """Calls a function as Jupyter does: on the thread of a loop that runs."""

    async def cell():
        return function(*arguments)

    return asyncio.run(cell())


START = """
import asyncio, threading, totals
from totals import _native

def waits(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    thread.join(timeout=1)
    print(thread.is_alive())
    return thread

started = []

async def price_of(item):
    started.append(item)
    return 1
"""

NOBODY = """
loop = asyncio.new_event_loop()
thread = waits(lambda: _native.total_sync(["tea"], price_of, loop))
print(started)

def stop_after_it():
    thread.join()
    loop.call_soon_threadsafe(loop.stop)

threading.Thread(target=stop_after_it).start()
loop.run_forever()
loop.close()
print(started)
"""

ITSELF = """
async def cell():
    _native.total_sync(["tea"], price_of, asyncio.get_running_loop())

waits(lambda: asyncio.run(cell()))
print(started)
"""

NESTED = """
async def nesting(item):
    started.append(item)
    return totals.total_sync(["milk"], price_of)

waits(lambda: totals.total_sync(["tea"], nesting))
print(started)
"""


def said(program, start=START):
    run = subprocess.run(
        [sys.executable, "-c", start + program], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.splitlines()


def test_a_coroutine_does_not_even_start_until_somebody_runs_its_loop():
    assert said(NOBODY) == ["True", "[]", "['tea']"]


def test_a_call_that_blocks_its_own_loop_does_not_end():
    assert said(ITSELF) == ["True", "[]"]


def test_a_coroutine_on_the_modules_loop_must_not_call_the_sync_face():
    assert said(NESTED) == ["True", "['tea']"]


def test_with_a_loop_that_runs_the_sync_face_awaits_coroutines_anywhere():
    assert asyncio.run(totals.total(ITEMS, price_of)) == 5
    assert totals.total_sync(ITEMS, price_of) == 5
    assert in_a_cell(totals.total_sync, ITEMS, price_of) == 5
    with ThreadPoolExecutor(8) as pool:
        sums = pool.map(lambda _: totals.total_sync(ITEMS, price_of), range(20))
        assert list(sums) == 20 * [5]


def test_the_coroutines_run_on_the_one_thread_of_the_modules_loop():
    ran_on = set()

    async def noting(item):
        ran_on.add((threading.get_ident(), asyncio.get_running_loop()))
        return PRICES[item]

    assert totals.total_sync(ITEMS, noting) == in_a_cell(totals.total_sync, ITEMS, noting) == 5
    [(thread, loop)] = ran_on
    assert thread != threading.get_ident()
    assert loop is totals.own_loop()


THREADS = """
print(threading.active_count())
totals.total_sync(["tea"], price_of)
totals.total_sync(["tea"], price_of)
print(threading.active_count())
"""


def test_the_import_starts_no_thread_and_the_first_total_does():
    assert said(THREADS) == ["1", "2"]


def test_an_error_of_the_coroutine_arrives_through_both_faces():
    with pytest.raises(KeyError) as awaited:
        asyncio.run(totals.total(["coffee"], price_of))
    with pytest.raises(KeyError) as blocked:
        totals.total_sync(["coffee"], price_of)
    assert awaited.value.args == blocked.value.args == ("coffee",)


def test_the_coroutine_sees_the_context_variables_of_the_caller():
    discount = contextvars.ContextVar("discount", default=0)

    async def reduced(item):
        return PRICES[item] - discount.get()

    assert totals.total_sync(ITEMS, reduced) == 5
    discount.set(1)
    assert totals.total_sync(ITEMS, reduced) == 3


FORKED = """
import os, signal, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of a fork with threads.
print(totals.total_sync(["tea"], price_of), flush=True)
child = os.fork()
if child == 0:
    signal.alarm(20)
    print(totals.total_sync(["tea", "milk"], price_of), flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1], totals.total_sync(["tea"], price_of))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_starts_a_loop_of_its_own():
    assert said(FORKED) == ["1", "2", "0 1"]


# Registered before the package's own function, so called after it.
FIRST = """
import atexit
atexit.register(lambda: print(thread.is_alive(), loop.is_closed()))
"""

ENDS = """
totals.total_sync(["tea"], price_of)
loop, thread = totals._running
"""


def test_the_thread_of_the_loop_ends_before_the_process():
    assert said(ENDS, FIRST + START) == ["False True"]
