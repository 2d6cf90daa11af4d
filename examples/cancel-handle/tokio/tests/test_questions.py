"""What a cancel does to PyO3's `async fn`, a test for each sentence."""

import asyncio
import gc
import warnings

import pytest
from questions import Question, ask, ask_or_withdraw, ask_to_the_end


async def asked(coroutine):
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    return task


def test_a_cancelled_async_fn_is_dropped_on_the_thread_of_the_loop_before_the_await_ends():
    async def main():
        question = Question()

        async def caller():
            try:
                await ask(question)
            except asyncio.CancelledError:
                assert not question.asked
                raise

        task = await asked(caller())
        assert question.asked
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_with_a_cancel_handle_the_async_fn_is_told_and_returns_the_exception():
    async def main():
        question = Question()
        task = await asked(ask_or_withdraw(question))
        assert (question.asked, question.withdrawn) == (True, False)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (question.asked, question.withdrawn) == (False, True)

    asyncio.run(main())


def test_with_a_cancel_handle_that_nobody_asks_the_cancellation_is_lost():
    async def main():
        question = Question()
        task = await asked(ask_to_the_end(question))
        task.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
            assert not task.done()
        assert question.asked
        question.answer()
        assert await task == "42"

    asyncio.run(main())


@pytest.mark.parametrize("function", [ask, ask_or_withdraw, ask_to_the_end])
def test_each_has_its_answer_if_nobody_cancels(function):
    async def main():
        question = Question()
        task = await asked(function(question))
        question.answer()
        assert await task == "42"
        assert (question.asked, question.withdrawn) == (False, False)

    asyncio.run(main())


def test_an_async_fn_that_nobody_awaits_does_not_start_and_does_not_warn():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        ask(Question())
        gc.collect()
    assert caught == []
