"""A test for each cell of the table."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from waiting import bare, blocks, bridge, channel, counts, entered, in_thread


def settled():
    """The counts, once every wait of earlier tests has been dropped."""
    while counts()[0] != counts()[2]:
        time.sleep(0)
    return counts()


async def until_started(before):
    while counts()[0] == before[0]:
        await asyncio.sleep(0)


def since(before):
    return tuple(now - then for now, then in zip(counts(), before))


async def cancelled(awaitable, before):
    """Cancels what is awaited once Rust waits; returns when the await has ended."""
    task = asyncio.ensure_future(awaitable)
    await until_started(before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def turns_of_the_loop_during(start):
    """Turns of the loop while Rust waits, 100 at most."""
    turns, before = 0, settled()

    async def count():
        nonlocal turns
        while turns < 100:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    waiting = start()
    try:
        if asyncio.isfuture(waiting) or asyncio.iscoroutine(waiting):
            waiting = asyncio.ensure_future(waiting)
            await until_started(before)
            await counting
            assert not waiting.done()
            waiting.cancel()
        return turns
    finally:
        counting.cancel()


# The bridge


def test_the_bridge_awaits_a_tokio_timer_on_a_tokio_thread():
    async def main():
        return await bridge(0.01)

    assert asyncio.run(main()) == "tokio-rt-worker"


def test_the_loop_goes_on_while_the_bridge_waits():
    assert asyncio.run(turns_of_the_loop_during(lambda: bridge(3600))) == 100


def test_cancelling_the_bridge_drops_the_rust_future():
    before = settled()

    async def main():
        await cancelled(bridge(3600), before)
        while since(before)[2] == 0:
            await asyncio.sleep(0)

    asyncio.run(main())
    assert since(before) == (1, 0, 1)


def test_the_bridge_needs_a_running_loop():
    with pytest.raises(RuntimeError, match="^no running event loop$"):
        bridge(0)


def test_create_task_refuses_the_future_of_the_bridge():
    async def main():
        future = bridge(0)
        with pytest.raises(TypeError, match="^a coroutine was expected, got <Future"):
            asyncio.create_task(future)
        await future

    asyncio.run(main())


# PyO3's async fn


def test_an_async_fn_without_tokio_panics_at_a_tokio_timer():
    with pytest.raises(BaseException) as caught:
        asyncio.run(bare(0))
    assert type(caught.value).__name__ == "PanicException"
    assert str(caught.value).startswith("there is no reactor running")


def test_an_async_fn_that_enters_tokio_awaits_its_timer_on_the_thread_of_the_loop():
    assert asyncio.run(entered(0.01)) == "MainThread"


def test_the_loop_goes_on_while_an_async_fn_waits():
    assert asyncio.run(turns_of_the_loop_during(lambda: entered(3600))) == 100


def test_cancelling_an_async_fn_drops_the_rust_future_before_the_await_ends():
    before = settled()
    asyncio.run(cancelled(entered(3600), before))
    assert since(before) == (1, 0, 1)


def test_an_async_fn_is_called_without_a_loop_but_not_run():
    before = settled()
    coroutine = entered(3600)
    assert since(before) == (0, 0, 0)
    with pytest.raises(RuntimeError, match="^no running event loop$"):
        coroutine.send(None)
    coroutine.close()
    assert since(before) == (1, 0, 1)


def test_create_task_takes_an_async_fn():
    async def main():
        return await asyncio.create_task(entered(0))

    assert asyncio.run(main()) == "MainThread"


def test_an_async_fn_without_a_runtime_needs_nothing_else():
    assert asyncio.run(channel()) == "sent by a thread"


# A thread


def test_a_thread_awaits_a_tokio_timer_on_the_thread_of_the_pool():
    assert asyncio.run(in_thread(0.01)).startswith("asyncio_")


def test_the_loop_goes_on_while_a_thread_waits():
    assert asyncio.run(turns_of_the_loop_during(lambda: in_thread(2))) == 100


def test_cancelling_a_thread_ends_the_await_but_not_the_work():
    before = settled()

    async def main():
        await cancelled(in_thread(2), before)
        assert since(before) == (1, 0, 0)

    asyncio.run(main())
    # Its end waits for the threads of the pool.
    assert since(before) == (1, 1, 1)


def test_a_thread_needs_no_loop():
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as pool:
        assert pool.submit(blocks, 0.01).result() == "mine_0"


def test_the_wrapper_of_a_thread_needs_a_loop_to_run():
    before = settled()
    coroutine = in_thread(0)
    with pytest.raises(RuntimeError, match="^no running event loop$"):
        coroutine.send(None)
    assert since(before) == (0, 0, 0)


def test_create_task_takes_the_wrapper_of_a_thread():
    async def main():
        return await asyncio.create_task(in_thread(0))

    assert asyncio.run(main()).startswith("asyncio_")


# block_on


def test_block_on_awaits_a_tokio_timer_on_the_thread_of_the_caller():
    async def main():
        return blocks(0.01)

    assert asyncio.run(main()) == "MainThread"


def test_the_loop_stands_still_while_block_on_waits():
    assert asyncio.run(turns_of_the_loop_during(lambda: blocks(0.1))) == 0


def test_a_cancellation_comes_only_after_block_on():
    before = settled()

    async def main():
        async def caller():
            blocks(0.1)
            await asyncio.sleep(0)

        task = asyncio.ensure_future(caller())
        asyncio.get_running_loop().call_soon(task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert since(before) == (1, 1, 1)


def test_create_task_gets_the_result_of_block_on():
    async def main():
        with pytest.raises(TypeError, match="^a coroutine was expected, got 'MainThread'$"):
            asyncio.create_task(blocks(0))

    asyncio.run(main())


def test_block_on_needs_no_loop():
    assert blocks(0.01) == "MainThread"


# All of them


@pytest.mark.parametrize("wait", [bridge, entered, in_thread])
def test_a_negative_time_raises_value_error(wait):
    async def main():
        await wait(-1)

    with pytest.raises(ValueError) as caught:
        asyncio.run(main())
    assert str(caught.value) == "cannot convert float seconds to Duration: value is negative"
