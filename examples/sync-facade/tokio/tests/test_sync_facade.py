"""The two faces of one core, and what a sync face meets inside a loop, a test for each sentence."""

import asyncio
import contextvars
import gc
import os
import re
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pricing
import pytest
from pricing import _native

ITEMS = ["tea", "milk"]
PRICES = {"tea": 3, "milk": 2}
INSIDE = (
    "Cannot start a runtime from within a runtime. This happens because a function (like "
    "`block_on`) attempted to block the current thread while the thread is being used to "
    "drive asynchronous tasks. If you are in an async function, use `.await` on the future "
    "instead of blocking on it."
)
NO_REACTOR = "there is no reactor running, must be called from the context of a Tokio 1.x runtime"


async def price_of(item):
    await asyncio.sleep(0)
    return PRICES[item]


def in_a_cell(function, *arguments):
    """Calls a function as Jupyter does: on the thread of a loop that runs."""

    async def cell():
        return function(*arguments)

    return asyncio.run(cell())


def test_both_faces_give_the_same_price():
    assert asyncio.run(pricing.price("tea")) == pricing.price_sync("tea") == 3


def test_both_faces_raise_the_same_error():
    with pytest.raises(KeyError) as awaited:
        asyncio.run(pricing.price("coffee"))
    with pytest.raises(KeyError) as blocked:
        pricing.price_sync("coffee")
    assert awaited.value.args == blocked.value.args == ("coffee",)


def test_the_sync_face_works_in_a_script_in_a_cell_and_on_any_thread():
    assert pricing.price_sync("tea") == 3
    assert in_a_cell(pricing.price_sync, "tea") == 3
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(pricing.price_sync, 20 * ["tea"])) == 20 * [3]


def test_the_loop_stands_still_during_a_sync_call_and_not_during_an_await():
    async def cell():
        turns = []
        loop = asyncio.get_running_loop()
        loop.call_soon(turns.append, "a turn of the loop")
        pricing.price_sync("tea")
        assert turns == []
        await pricing.price("tea")
        assert turns == ["a turn of the loop"]

    asyncio.run(cell())


def test_asyncio_run_works_only_where_no_loop_runs():
    def price_now(item):
        coroutine = pricing.price(item)
        try:
            return asyncio.run(coroutine)
        finally:
            coroutine.close()

    assert price_now("tea") == 3
    with pytest.raises(RuntimeError) as caught:
        in_a_cell(price_now, "tea")
    assert str(caught.value) == "asyncio.run() cannot be called from a running event loop"


def test_the_run_of_the_bridge_works_only_where_no_loop_runs():
    assert pricing.price_with_own_loop("tea") == 3
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError) as caught:
            in_a_cell(pricing.price_with_own_loop, "tea")
        message = str(caught.value)
        del caught
        gc.collect()
    assert message == "Cannot run the event loop while another loop is running"
    texts = [str(warning.message) for warning in warned]
    assert "coroutine 'BaseEventLoop.shutdown_asyncgens' was never awaited" in texts


def run_in(loop):
    """Runs a price on a loop; closes the coroutine that could not be run."""
    coroutine = pricing.price("tea")
    try:
        return loop.run_until_complete(coroutine)
    finally:
        coroutine.close()


def test_another_loop_is_refused_too():
    loop = asyncio.new_event_loop()
    with pytest.raises(RuntimeError) as caught:
        in_a_cell(run_in, loop)
    assert str(caught.value) == "Cannot run the event loop while another loop is running"
    assert run_in(loop) == 3
    loop.close()


def test_the_running_loop_itself_is_refused_too():
    with pytest.raises(RuntimeError) as caught:
        in_a_cell(lambda: run_in(asyncio.get_running_loop()))
    assert str(caught.value) == "This event loop is already running"


def test_in_python_alone_a_thread_is_a_sync_face():
    def price_now(item):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, pricing.price(item)).result()

    assert price_now("tea") == in_a_cell(price_now, "tea") == 3


def test_on_a_thread_that_polls_futures_the_sync_face_panics():
    caught = []

    def careful(item):
        try:
            return pricing.price_sync(item)
        except BaseException as error:
            caught.append((type(error).__name__, type(error).__module__, str(error)))
            return PRICES[item]

    assert asyncio.run(pricing.sum_up(ITEMS, careful)) == 5
    assert caught == 2 * [("PanicException", "pyo3_runtime", INSIDE)]


def test_the_panic_goes_on_in_rust_and_loses_its_text(capfd):
    with pytest.raises(Exception) as caught:
        asyncio.run(pricing.sum_up(ITEMS, pricing.price_sync))
    assert type(caught.value).__name__ == "RustPanic"
    assert str(caught.value) == "rust future panicked: unknown error"
    error = capfd.readouterr().err
    assert re.search(r"thread 'tokio-rt-worker' .*panicked at ", error)
    assert "--- PyO3 is resuming a panic after fetching a PanicException from Python. ---" in error


def test_on_a_thread_that_may_block_the_sync_face_works():
    assert asyncio.run(pricing.sum_apart(ITEMS, pricing.price_sync)) == 5


def test_with_block_in_place_the_sync_face_works_everywhere():
    assert asyncio.run(pricing.sum_up(ITEMS, pricing.price_anywhere)) == 5
    assert asyncio.run(pricing.sum_apart(ITEMS, pricing.price_anywhere)) == 5
    assert pricing.price_anywhere("tea") == in_a_cell(pricing.price_anywhere, "tea") == 3


def test_more_sync_calls_at_once_than_the_runtime_has_threads_all_end():
    async def main():
        both = [pricing.sum_up(ITEMS, pricing.price_anywhere) for _ in range(100)]
        both += [pricing.sum_apart(ITEMS, pricing.price_sync) for _ in range(100)]
        return await asyncio.wait_for(asyncio.gather(*both), timeout=60)

    assert asyncio.run(main()) == 200 * [5]


def test_as_many_callbacks_as_the_runtime_has_threads_may_wait_for_the_loop():
    async def main():
        loop = asyncio.get_running_loop()

        def asked(item):
            return asyncio.run_coroutine_threadsafe(pricing.price(item), loop).result()

        adding = [pricing.sum_apart(ITEMS, asked) for _ in range(64)]
        return await asyncio.wait_for(asyncio.gather(*adding), timeout=60)

    assert asyncio.run(main()) == 64 * [5]


def test_a_callback_of_a_cancelled_sum_keeps_its_place():
    entered, leave = threading.Semaphore(0), threading.Event()

    def held(item):
        entered.release()
        assert leave.wait(60)
        return 3

    async def main():
        adding = [asyncio.ensure_future(pricing.sum_apart(["tea"], held)) for _ in range(16)]
        await asyncio.sleep(0)
        assert all([entered.acquire(timeout=60) for _ in adding])
        for sum_apart in adding:
            sum_apart.cancel()
        await asyncio.wait(adding)
        another = asyncio.ensure_future(pricing.sum_apart(["tea"], held))
        await asyncio.wait([another], timeout=0.3)
        assert not entered.acquire(blocking=False)
        leave.set()
        assert await another == 3

    asyncio.run(main())


def test_a_panic_on_a_blocking_thread_is_a_rust_panic_with_its_text():
    with pytest.raises(BaseException) as caught:
        pricing.price_ahead("tea")
    panic = type(caught.value)

    def panics(item):
        raise panic("of the callback")

    with pytest.raises(Exception) as caught:
        asyncio.run(pricing.sum_apart(ITEMS, panics))
    assert type(caught.value).__name__ == "RustPanic"
    assert re.fullmatch('task [0-9]+ panicked with message "of the callback"', str(caught.value))


def test_an_exception_of_the_callback_arrives():
    for adding in (pricing.sum_up, pricing.sum_apart):
        with pytest.raises(KeyError) as caught:
            asyncio.run(adding(["coffee"], PRICES.__getitem__))
        assert caught.value.args == ("coffee",)


def test_an_async_fn_has_no_reactor_for_a_timer():
    async def main():
        await pricing.price_polled("tea")

    with pytest.raises(BaseException) as caught:
        asyncio.run(main())
    assert (type(caught.value).__name__, str(caught.value)) == ("PanicException", NO_REACTOR)


def test_a_spawn_in_a_plain_function_has_no_reactor_either():
    with pytest.raises(BaseException) as caught:
        pricing.price_ahead("tea")
    assert (type(caught.value).__name__, str(caught.value)) == ("PanicException", NO_REACTOR)


def test_a_core_that_is_spawned_on_the_runtime_has_one():
    async def main():
        return await asyncio.gather(pricing.price_spawned("tea"), pricing.price_spawned("milk"))

    assert asyncio.run(main()) == [3, 2]


def test_a_spawned_core_still_raises_its_error():
    async def main():
        await pricing.price_spawned("coffee")

    with pytest.raises(KeyError) as caught:
        asyncio.run(main())
    assert caught.value.args == ("coffee",)


START = """
import asyncio, threading, pricing
from pricing import _native

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
    return pricing.total_sync(["milk"], price_of)

waits(lambda: pricing.total_sync(["tea"], nesting))
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
    assert asyncio.run(pricing.total(ITEMS, price_of)) == 5
    assert pricing.total_sync(ITEMS, price_of) == 5
    assert in_a_cell(pricing.total_sync, ITEMS, price_of) == 5
    with ThreadPoolExecutor(8) as pool:
        totals = pool.map(lambda _: pricing.total_sync(ITEMS, price_of), range(20))
        assert list(totals) == 20 * [5]


def test_the_coroutines_run_on_the_one_thread_of_the_modules_loop():
    ran_on = set()

    async def noting(item):
        ran_on.add((threading.get_ident(), asyncio.get_running_loop()))
        return PRICES[item]

    assert pricing.total_sync(ITEMS, noting) == in_a_cell(pricing.total_sync, ITEMS, noting) == 5
    [(thread, loop)] = ran_on
    assert thread != threading.get_ident()
    assert loop is pricing.own_loop()


THREADS = """
print(threading.active_count())
pricing.total_sync(["tea"], price_of)
pricing.total_sync(["tea"], price_of)
print(threading.active_count())
"""


def test_the_import_starts_no_thread_and_the_first_total_does():
    assert said(THREADS) == ["1", "2"]


def test_an_error_of_the_coroutine_arrives_through_both_faces():
    with pytest.raises(KeyError) as awaited:
        asyncio.run(pricing.total(["coffee"], price_of))
    with pytest.raises(KeyError) as blocked:
        pricing.total_sync(["coffee"], price_of)
    assert awaited.value.args == blocked.value.args == ("coffee",)


def test_the_coroutine_sees_the_context_variables_of_the_caller():
    discount = contextvars.ContextVar("discount", default=0)

    async def reduced(item):
        return PRICES[item] - discount.get()

    assert pricing.total_sync(ITEMS, reduced) == 5
    discount.set(1)
    assert pricing.total_sync(ITEMS, reduced) == 3


FORKED = """
import os, signal, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of a fork with threads.
print(pricing.total_sync(["tea"], price_of), pricing.price_sync("tea"), flush=True)
child = os.fork()
if child == 0:
    signal.alarm(20)
    print(pricing.total_sync(["tea", "milk"], price_of), flush=True)
    os._exit(0)
print(os.waitpid(child, 0)[1], pricing.total_sync(["tea"], price_of))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_starts_a_loop_of_its_own():
    assert said(FORKED) == ["1 3", "2", "0 1"]


# Registered before the package's own function, so called after it.
FIRST = """
import atexit
atexit.register(lambda: print(thread.is_alive(), loop.is_closed()))
"""

ENDS = """
pricing.total_sync(["tea"], price_of)
loop, thread = pricing.totals._running
"""


def test_the_thread_of_the_loop_ends_before_the_process():
    assert said(ENDS, FIRST + START) == ["False True"]
