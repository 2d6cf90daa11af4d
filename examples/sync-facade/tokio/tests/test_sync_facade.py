"""The two faces of one core, and what a sync face meets inside a loop, a test for each sentence."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pricing
import pytest

ITEMS = ["tea", "milk"]
PRICES = {"tea": 3, "milk": 2}
INSIDE = (
    "Cannot start a runtime from within a runtime. This happens because a function (like "
    "`block_on`) attempted to block the current thread while the thread is being used to "
    "drive asynchronous tasks. If you are in an async function, use `.await` on the future "
    "instead of blocking on it."
)


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
    panics = []

    def panics_first(item):
        try:
            return pricing.price_sync(item)
        except BaseException as error:
            panics.append(type(error))
            return PRICES[item]

    def panics_again(item):
        raise panics[0]("of the callback")

    asyncio.run(pricing.sum_up(["tea"], panics_first))
    with pytest.raises(Exception) as caught:
        asyncio.run(pricing.sum_apart(ITEMS, panics_again))
    assert type(caught.value).__name__ == "RustPanic"
    assert re.fullmatch('task [0-9]+ panicked with message "of the callback"', str(caught.value))


def test_an_exception_of_the_callback_arrives():
    for adding in (pricing.sum_up, pricing.sum_apart):
        with pytest.raises(KeyError) as caught:
            asyncio.run(adding(["coffee"], PRICES.__getitem__))
        assert caught.value.args == ("coffee",)


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
