"""What becomes of the Rust side when Python cancels the await, a test for each sentence."""

import asyncio
import gc
import sys
import warnings

import cancelling
import pytest
from cancelling import _native, query, query_and_close, within
from databases import Database


@pytest.fixture
def database():
    database = Database()
    yield database
    database.listener.close()


async def awaited(awaitable):
    return await awaitable


async def cancelled(database, awaitable, queries=1):
    """Cancels what is awaited once Rust waits for the answer; returns when the await has ended."""
    task = asyncio.ensure_future(awaited(awaitable))
    await asyncio.sleep(0)
    connections = [database.asked() for _ in range(queries)]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return connections


# The future itself


def test_a_cancelled_query_is_closed_on_another_thread_without_an_answer(database):
    async def main():
        (connection,) = await cancelled(database, query(database.port))
        # The loop's thread blocks here.
        assert connection.line() == b""

    asyncio.run(main())


def test_a_timeout_cancels_too(database):
    async def main():
        answer = asyncio.ensure_future(query(database.port))
        connection = await asyncio.to_thread(database.asked)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(answer, 0.01)
        assert connection.line() == b""

    asyncio.run(main())


async def timed_out(database, awaitable):
    """The connection of a query in an `asyncio.timeout` that expires once Rust waits for the answer."""

    async def expire(timeout):
        connection = await asyncio.to_thread(database.asked)
        timeout.reschedule(asyncio.get_running_loop().time())
        return connection

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as timeout:
            connection = asyncio.ensure_future(expire(timeout))
            await awaitable
    return await connection


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout is new in Python 3.11")
def test_asyncio_timeout_closes_the_query(database):
    async def main():
        connection = await timed_out(database, query(database.port))
        assert connection.line() == b""

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout is new in Python 3.11")
def test_asyncio_timeout_leaves_a_task_that_rust_has_spawned(database):
    async def main():
        connection = await timed_out(database, _native.query_in_task(database.port))
        connection.answer()
        assert connection.line() == b"quit\n"

    asyncio.run(main())


async def failing_group(database, awaitable):
    """Runs it in a TaskGroup, and another task that fails once Rust waits for the answer."""
    connection = None

    async def fail():
        nonlocal connection
        connection = await asyncio.to_thread(database.asked)
        raise LookupError("no such item")

    with pytest.raises(ExceptionGroup) as caught:  # noqa: F821
        async with asyncio.TaskGroup() as group:
            group.create_task(awaited(awaitable))
            group.create_task(fail())
    assert [str(error) for error in caught.value.exceptions] == ["no such item"]
    return connection


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.TaskGroup is new in Python 3.11")
def test_a_task_group_that_fails_closes_the_query(database):
    async def main():
        connection = await failing_group(database, query(database.port))
        assert connection.line() == b""

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.TaskGroup is new in Python 3.11")
def test_a_task_group_that_fails_leaves_a_task_that_rust_has_spawned(database):
    async def main():
        connection = await failing_group(database, _native.query_in_task(database.port))
        connection.answer()
        assert connection.line() == b"quit\n"

    asyncio.run(main())


def test_rust_can_close_before_the_await_ends(database):
    order = []

    async def main():
        future = _native.query(database.port)
        connection = database.asked()
        # It runs after the callback of the bridge, and before the task that awaits.
        future.add_done_callback(lambda _: order.append(connection.line()))
        task = asyncio.ensure_future(awaited(future))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        order.append("the await has ended")

    asyncio.run(main())
    assert order == [b"", "the await has ended"]


class Late:
    """A connection that closes when the test wants it."""

    def __init__(self):
        self.closed = asyncio.get_running_loop().create_future()

    def wait(self):
        return self.closed


def test_a_wrapper_can_wait_until_rust_has_closed(database, monkeypatch):
    async def main():
        late = Late()
        answer = _native.query(database.port)
        monkeypatch.setattr(_native, "query_and_closed", lambda port: (answer, late))
        task = asyncio.ensure_future(query_and_close(database.port))
        await asyncio.sleep(0)
        database.asked()
        task.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
            assert not task.done()
        late.closed.set_result(None)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


class ByHand(asyncio.SelectorEventLoop):
    """A loop whose clock the test moves."""

    now = 0.0

    def time(self):
        return self.now


def test_the_wrapper_waits_for_a_bounded_time(database, monkeypatch):
    async def main():
        answer = _native.query(database.port)
        monkeypatch.setattr(_native, "query_and_closed", lambda port: (answer, Late()))
        task = asyncio.ensure_future(query_and_close(database.port))
        await asyncio.sleep(0)
        database.asked()
        task.cancel()
        for now, ends in [(0, False), (4.9, False), (5.1, True)]:
            asyncio.get_running_loop().now = now
            for _ in range(100):
                await asyncio.sleep(0)
            assert task.done() == ends, now
        with pytest.raises(asyncio.CancelledError):
            await task

    loop = ByHand()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_the_wrapper_does_not_wait_for_the_queries_of_others(database, monkeypatch):
    monkeypatch.setattr(cancelling, "CLOSE_TIMEOUT", 3600)

    async def main():
        other = asyncio.ensure_future(query_and_close(database.port))
        await asyncio.sleep(0)
        of_other = database.asked()
        (connection,) = await asyncio.wait_for(
            cancelled(database, query_and_close(database.port)), 60
        )
        assert connection.line() == b""
        of_other.answer()
        assert await other == "42"

    asyncio.run(main())


def test_closed_tells_of_a_query_that_has_ended_and_of_one_that_is_cancelled(database):
    async def main():
        for end in ("answered", "cancelled"):
            answer, closed = _native.query_and_closed(database.port)
            connection = database.asked()
            waiting = closed.wait()
            for _ in range(100):
                await asyncio.sleep(0)
                assert not waiting.done()
            connection.answer() if end == "answered" else answer.cancel()
            assert await asyncio.wait_for(waiting, 60) is None
            # Also to those who ask later.
            assert await asyncio.wait_for(closed.wait(), 60) is None

    asyncio.run(main())


def test_the_cancellation_reaches_rust_in_the_next_turn_of_the_loop(database):
    async def main():
        future = _native.query(database.port)
        connection = database.asked()
        future.cancel()
        # There is no turn before these lines: Rust does not know yet.
        with pytest.raises(asyncio.CancelledError):
            await future
        connection.answer()
        assert [connection.line(), connection.line()] == [b"quit\n", b""]
        await asyncio.sleep(0)

    asyncio.run(main())


def test_an_answer_that_comes_too_late_is_lost(database):
    async def main():
        future = _native.query(database.port)
        connection = database.asked()
        future.cancel()
        connection.answer()
        assert [connection.line(), connection.line()] == [b"quit\n", b""]
        with pytest.raises(asyncio.CancelledError):
            await future

    asyncio.run(main())


def test_what_is_cancelled_at_once_still_runs_to_its_first_wait(database):
    async def main():
        future = _native.query(database.port)
        future.cancel()
        await asyncio.sleep(0)
        # It has begun to connect, and may have sent its question.
        connection, _ = database.listener.accept()
        connection.settimeout(60)
        assert connection.makefile("rb").read() in (b"", b"question\n")

    asyncio.run(main())


# A cancel that comes with the result


def cancelled_with_the_result(database, wait):
    """Cancels the task that waits in the turn of the loop in which the result arrives."""

    async def main():
        async def waits():
            future = _native.query(database.port)
            # Called before what `wait` adds.
            future.add_done_callback(lambda _: task.cancel())
            return await wait(future)

        task = asyncio.ensure_future(waits())
        await asyncio.sleep(0)
        database.asked().answer()
        await asyncio.wait([task])
        return "cancelled" if task.cancelled() else task.result()

    return asyncio.run(main())


def test_an_await_passes_on_a_cancel_that_comes_with_the_result(database):
    assert cancelled_with_the_result(database, awaited) == "cancelled"


def test_within_passes_it_on(database):
    assert cancelled_with_the_result(database, lambda future: within(60, future)) == "cancelled"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout is new in Python 3.11")
def test_asyncio_timeout_passes_it_on(database):
    async def wait(future):
        async with asyncio.timeout(60):
            return await future

    assert cancelled_with_the_result(database, wait) == "cancelled"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="it does from Python 3.12 on")
def test_wait_for_passes_it_on_from_3_12_on(database):
    wait_for = asyncio.wait_for
    assert cancelled_with_the_result(database, lambda future: wait_for(future, 60)) == "cancelled"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on it does not")
def test_wait_for_swallows_it_up_to_3_11(database):
    wait_for = asyncio.wait_for
    assert cancelled_with_the_result(database, lambda future: wait_for(future, 60)) == "42"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Task.cancelling is new in Python 3.11")
def test_cancelling_tells_of_the_swallowed_cancel(database):
    async def wait(future):
        try:
            await asyncio.wait_for(future, 60)
        except asyncio.CancelledError:
            pass
        return asyncio.current_task().cancelling()

    assert cancelled_with_the_result(database, wait) == 1


def test_within_is_a_timeout(database):
    async def main():
        slow = _native.query(database.port)
        connection = database.asked()
        with pytest.raises(asyncio.TimeoutError):
            await within(0.01, slow)
        await asyncio.sleep(0)
        assert connection.line() == b""
        future = _native.query(database.port)
        database.asked().answer()
        assert await within(60, future) == "42"

    asyncio.run(main())


# What the future has started


def test_a_spawned_task_goes_on(database):
    async def main():
        (connection,) = await cancelled(database, _native.query_in_task(database.port))
        connection.answer()
        assert [connection.line(), connection.line()] == [b"quit\n", b""]

    asyncio.run(main())


def test_a_task_that_is_aborted_on_drop_ends(database):
    async def main():
        (connection,) = await cancelled(database, _native.query_in_owned_task(database.port))
        assert connection.line() == b""

    asyncio.run(main())


def test_the_tasks_of_a_join_set_end(database):
    async def main():
        connections = await cancelled(database, _native.query_twice(database.port), queries=2)
        assert [connection.line() for connection in connections] == [b"", b""]

    asyncio.run(main())


@pytest.mark.parametrize(
    "start",
    [_native.query, _native.query_in_task, _native.query_in_owned_task, query, query_and_close],
)
def test_each_has_its_result_if_nobody_cancels(database, start):
    async def main():
        future = asyncio.ensure_future(start(database.port))
        await asyncio.sleep(0)
        connection = database.asked()
        connection.answer()
        assert await future == "42"
        assert [connection.line(), connection.line()] == [b"quit\n", b""]

    asyncio.run(main())


def test_a_join_set_has_its_results_if_nobody_cancels(database):
    async def main():
        future = _native.query_twice(database.port)
        for connection in (database.asked(), database.asked()):
            connection.answer()
        assert await future == ["42", "42"]

    asyncio.run(main())


def test_a_database_that_is_gone_raises_connection_refused_error(database):
    database.listener.close()
    for start in (_native.query, _native.query_in_task, _native.query_twice, query_and_close):
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(within(60, awaited_later(start, database.port)))


async def awaited_later(start, port):
    return await start(port)


# What must finish


def test_a_shielded_future_has_its_answer_after_the_timeout(database):
    async def main():
        future = _native.query(database.port)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(future), 0.01)
        connection = database.asked()
        connection.answer()
        assert await future == "42"
        assert connection.line() == b"quit\n"

    asyncio.run(main())


def test_the_end_of_asyncio_run_cancels_a_shielded_coroutine(database):
    async def main():
        shielded = asyncio.shield(query(database.port))
        await asyncio.sleep(0)
        return shielded, database.asked()

    shielded, connection = asyncio.run(main())
    assert shielded.cancelled()
    assert connection.line() == b""


# Nobody awaits


def test_a_future_that_nobody_awaits_goes_on(database):
    async def main():
        future = _native.query(database.port)
        connection = database.asked()
        del future
        gc.collect()
        connection.answer()
        assert [connection.line(), connection.line()] == [b"quit\n", b""]

    asyncio.run(main())


def test_a_coroutine_that_nobody_awaits_does_not_start():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        query(0)
        gc.collect()
    assert "coroutine 'query' was never awaited" in [str(each.message) for each in caught]
