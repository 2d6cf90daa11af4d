"""What becomes of a computation that Python cancels, a test for each sentence."""

import asyncio
import time

import pytest
from primes import Progress, _native, primes, primes_in_thread

FOREVER = 2**62


def until(condition):
    """Blocks the loop's thread until another thread has made it true."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline


async def cancelled(progress, coroutine):
    """Cancels it while it computes; returns when the await has ended."""
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    until(lambda: progress.numbers)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("count", [primes, primes_in_thread])
def test_primes_are_counted(count):
    assert asyncio.run(count(Progress(), 1000)) == 168


def test_a_computation_that_never_waits_goes_on_to_its_end():
    numbers = 200_000

    async def main():
        progress = Progress()
        await cancelled(progress, primes(progress, numbers, yields=False))
        until(lambda: not progress.running)
        assert progress.numbers == numbers

    asyncio.run(main())


def test_the_await_can_end_before_rust_has():
    async def main():
        progress = Progress()
        await cancelled(progress, primes(progress, 200_000, yields=False))
        assert progress.running

    asyncio.run(main())


def test_a_computation_that_yields_ends():
    async def main():
        progress = Progress()
        await cancelled(progress, primes(progress, FOREVER))
        until(lambda: not progress.running)

    asyncio.run(main())


def test_a_blocking_closure_that_looks_ends():
    async def main():
        progress = Progress()
        await cancelled(progress, primes_in_thread(progress, FOREVER))
        until(lambda: not progress.running)

    asyncio.run(main())


def test_more_jobs_than_may_run_wait_and_leave_the_delivery_threads_free():
    async def main():
        jobs = [asyncio.ensure_future(primes_in_thread(Progress(), FOREVER)) for _ in range(40)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(_native.primes(Progress(), 1000, True), 60) == 168
        for job in jobs:
            job.cancel()
        assert await asyncio.wait_for(primes_in_thread(Progress(), 1000), 60) == 168

    asyncio.run(main())
