"""What becomes of the Rust side when Python cancels the await, a test for each sentence."""

import asyncio
import gc
import warnings

import pytest
from cancelling import _native, answer, coroutine, deaf, next_step, query, query_and_close, told

TOKIO = "tokio-rt-worker"


clean = True


@pytest.fixture(autouse=True)
def every_step_is_looked_at_and_every_connection_is_closed(request):
    global clean
    if not clean:
        pytest.skip("an earlier test has left something running")
    clean = False
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed:
        return

    async def end():
        await asyncio.wait_for(awaited(_native.closed()), 60)
        # Its two steps are the next only if the test has left none.
        await cancelled(coroutine())

    asyncio.run(end())
    steps("coroutine", "closed", thread="MainThread")
    clean = True


async def awaited(awaitable):
    return await awaitable


async def cancelled(awaitable, opened=1):
    """Cancels what is awaited once Rust is at work; returns when the await has ended."""
    task = asyncio.ensure_future(awaited(awaitable))
    await asyncio.sleep(0)
    assert [next_step()[1] for _ in range(opened)] == opened * ["opened"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def steps(name, *expected, thread=TOKIO):
    assert [next_step() for _ in expected] == [(name, step, thread) for step in expected]


# The future itself


def test_a_cancelled_query_is_closed_on_a_thread_of_tokio_without_an_answer():
    async def main():
        await cancelled(query())
        steps("query", "closed")

    asyncio.run(main())


def test_a_timeout_cancels_too():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(query(), 0.01)
        steps("query", "opened", "closed")

    asyncio.run(main())


def test_the_await_can_end_before_rust_has_closed():
    async def main():
        await cancelled(_native.compute(False))
        # The await has ended, and the computation waits for this.
        answer()
        steps("compute", "answered", "closed")

    asyncio.run(main())


def test_rust_can_close_before_the_await_ends():
    order = []

    async def main():
        future = _native.query()
        steps("query", "opened")
        # It runs after the callback of the bridge, and before the task that awaits.
        future.add_done_callback(lambda _: order.append(next_step()))
        task = asyncio.ensure_future(awaited(future))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        order.append("the await has ended")

    asyncio.run(main())
    assert order == [("query", "closed", TOKIO), "the await has ended"]


def test_a_wrapper_can_wait_until_rust_has_closed(monkeypatch):
    # A connection that closes only when this test wants it.
    monkeypatch.setattr(_native, "query", lambda: _native.compute(False))

    async def main():
        task = asyncio.ensure_future(query_and_close())
        await asyncio.sleep(0)
        steps("compute", "opened")
        task.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
            assert not task.done()
        answer()
        with pytest.raises(asyncio.CancelledError):
            await task
        steps("compute", "answered", "closed")

    asyncio.run(main())


def test_the_cancellation_reaches_rust_in_the_next_turn_of_the_loop():
    async def main():
        future = _native.query()
        steps("query", "opened")
        future.cancel()
        # There is no turn before these lines: Rust does not know yet.
        with pytest.raises(asyncio.CancelledError):
            await future
        answer()
        steps("query", "answered", "closed")
        await asyncio.sleep(0)

    asyncio.run(main())


def test_an_answer_that_comes_too_late_is_lost():
    async def main():
        future = _native.query()
        steps("query", "opened")
        future.cancel()
        answer()
        steps("query", "answered", "closed")
        with pytest.raises(asyncio.CancelledError):
            await future

    asyncio.run(main())


def test_what_is_cancelled_at_once_still_runs_to_its_first_wait():
    async def main():
        future = _native.query()
        future.cancel()
        await asyncio.sleep(0)
        steps("query", "opened", "closed")

    asyncio.run(main())


# What the future has started


def test_a_spawned_task_goes_on():
    async def main():
        await cancelled(_native.query_in_task())
        answer()
        steps("task", "answered", "closed")

    asyncio.run(main())


def test_a_task_that_is_aborted_on_drop_ends():
    async def main():
        await cancelled(_native.query_in_owned_task())
        steps("owned task", "closed")

    asyncio.run(main())


def test_the_tasks_of_a_join_set_end():
    async def main():
        await cancelled(_native.query_in_join_set(), opened=2)
        closed = {next_step(), next_step()}
        assert closed == {("first of set", "closed", TOKIO), ("second of set", "closed", TOKIO)}

    asyncio.run(main())


def test_a_blocking_closure_goes_on():
    async def main():
        await cancelled(_native.compute_in_thread(False))
        answer()
        steps("thread", "answered", "closed")

    asyncio.run(main())


def test_a_blocking_closure_that_looks_ends():
    async def main():
        await cancelled(_native.compute_in_thread(True))
        steps("thread", "closed")

    asyncio.run(main())


@pytest.mark.parametrize(
    "start, name, result",
    [
        (_native.query, "query", "42"),
        (_native.query_in_task, "task", "42"),
        (_native.query_in_owned_task, "owned task", "42"),
        (lambda: _native.compute(True), "compute", "42"),
        (lambda: _native.compute_in_thread(True), "thread", "42"),
    ],
    ids=["query", "task", "owned task", "compute", "thread"],
)
def test_each_has_its_result_if_nobody_cancels(start, name, result):
    async def main():
        future = start()
        answer()
        assert await future == result
        await _native.closed()
        steps(name, "opened", "answered", "closed")

    asyncio.run(main())


def test_a_join_set_has_its_results_if_nobody_cancels():
    async def main():
        future = _native.query_in_join_set()
        answer()
        answer()
        assert await future == ["42", "42"]
        await _native.closed()
        assert sorted(next_step()[1] for _ in range(6)) == sorted(
            2 * ["opened", "answered", "closed"]
        )

    asyncio.run(main())


# Computations


def test_a_computation_that_never_waits_goes_on_to_its_end():
    async def main():
        await cancelled(_native.compute(False))
        answer()
        steps("compute", "answered", "closed")

    asyncio.run(main())


def test_a_computation_that_yields_ends():
    async def main():
        await cancelled(_native.compute(True))
        steps("compute", "closed")

    asyncio.run(main())


# What must finish


def test_a_shielded_future_has_its_answer_after_the_timeout():
    async def main():
        future = _native.query()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(future), 0.01)
        answer()
        assert await future == "42"
        steps("query", "opened", "answered", "closed")

    asyncio.run(main())


def test_the_end_of_asyncio_run_cancels_a_shielded_coroutine():
    async def main():
        shielded = asyncio.shield(query())
        await asyncio.sleep(0)
        steps("query", "opened")
        return shielded

    shielded = asyncio.run(main())
    assert shielded.cancelled()
    steps("query", "closed")


# Nobody awaits


def test_a_future_that_nobody_awaits_goes_on():
    async def main():
        future = _native.query()
        steps("query", "opened")
        del future
        gc.collect()
        answer()
        steps("query", "answered", "closed")

    asyncio.run(main())


def test_a_coroutine_that_nobody_awaits_does_not_start():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        query()
        gc.collect()
    assert "coroutine 'query' was never awaited" in [str(each.message) for each in caught]


def test_an_async_fn_that_nobody_awaits_does_not_start_and_does_not_warn():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        coroutine()
        gc.collect()
    assert caught == []


# PyO3's async fn


def test_a_cancelled_async_fn_is_dropped_on_the_thread_of_the_loop_before_the_await_ends():
    async def main():
        async def caller():
            try:
                await coroutine()
            except asyncio.CancelledError:
                # Only this thread could close it now, and it blocks here.
                steps("coroutine", "closed", thread="MainThread")
                raise

        await cancelled(caller())

    asyncio.run(main())


def test_with_a_cancel_handle_the_async_fn_is_told_before_anything_is_dropped():
    async def main():
        await cancelled(told())
        steps("told", "cancelled", "closed", thread="MainThread")

    asyncio.run(main())


def test_with_a_cancel_handle_that_nobody_asks_the_cancellation_is_lost():
    async def main():
        task = asyncio.ensure_future(awaited(deaf()))
        await asyncio.sleep(0)
        steps("deaf", "opened", thread="MainThread")
        task.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
            assert not task.done()
        answer()
        assert await task == "42"
        steps("deaf", "answered", "closed", thread="MainThread")

    asyncio.run(main())
