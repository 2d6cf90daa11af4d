"""The kinds of event loop on which the tests run, how long a test may take, and the oven."""

import asyncio
import time
from functools import partial

import anyio
import trio
from bakery import free_places


def _run_asyncio(main):
    return asyncio.run(main())


RUNNERS = {
    "asyncio": _run_asyncio,
    "trio": trio.run,
    "anyio-asyncio": partial(anyio.run, backend="asyncio"),
    "anyio-trio": partial(anyio.run, backend="trio"),
}
UNDER_TRIO = ["trio", "anyio-trio"]


def run(loop, main, seconds=60):
    """What `main()` returns under this kind of loop; TimeoutError if it hangs."""

    async def guarded():
        with anyio.fail_after(seconds):
            return await main()

    return RUNNERS[loop](guarded)


PLACES = 100


def wait_for_free_places(number):
    """Blocks this thread until that many places of the oven are free."""
    deadline = time.monotonic() + 60
    while free_places() != number:
        assert time.monotonic() < deadline, free_places()
        time.sleep(0.001)


def wait_until_the_oven_is_empty():
    wait_for_free_places(PLACES)


def in_the_oven(start):
    """What `start(...)` returns, when the one loaf that it bakes is in the oven."""

    def start_and_wait(*arguments):
        wait_until_the_oven_is_empty()
        started = start(*arguments)
        wait_for_free_places(PLACES - 1)
        return started

    return start_and_wait
