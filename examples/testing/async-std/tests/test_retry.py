"""The package as its users see it."""

import asyncio

import pytest
from retrying import retry


class Flaky:
    def __init__(self, failures):
        self.failures, self.calls = failures, 0

    async def __call__(self):
        self.calls += 1
        await asyncio.sleep(0)
        if self.calls <= self.failures:
            raise ValueError(f"attempt {self.calls} failed")
        return self.calls


def test_the_third_attempt_succeeds():
    assert asyncio.run(retry(Flaky(2), 3)) == 3


def test_the_last_exception_comes_through():
    with pytest.raises(ValueError, match="^attempt 2 failed$"):
        asyncio.run(retry(Flaky(3), 2))


class Stop(BaseException):
    """Not an `Exception`: `except Exception` lets it through."""


def test_only_an_exception_is_tried_again():
    calls = []

    async def stop():
        calls.append("called")
        await asyncio.sleep(0)
        raise Stop("no more")

    with pytest.raises(Stop, match="^no more$"):
        asyncio.run(retry(stop, 5))
    assert calls == ["called"]


def test_an_attempt_that_was_cancelled_is_not_tried_again():
    started = []

    async def wait():
        started.append(asyncio.current_task())
        if len(started) == 1:
            await asyncio.sleep(3600)
        return "tried again"

    async def main():
        retrying = asyncio.ensure_future(retry(wait, 5))
        while not started:
            await asyncio.sleep(0)
        started[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await retrying

    asyncio.run(main())
    assert len(started) == 1


def test_a_cancelled_retry_makes_no_more_attempts():
    flaky = Flaky(3600)

    async def main():
        task = asyncio.create_task(retry(flaky, 2, pause=3600))
        while flaky.calls < 1:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert flaky.calls == 1


def test_a_negative_pause_raises_value_error():
    with pytest.raises(ValueError, match="value is negative$"):
        asyncio.run(retry(Flaky(0), 1, pause=-1))
