"""The blocking functions: from plain Python, from a thread, and inside a running loop."""

import asyncio
import gc
import inspect
import subprocess
import sys

import pytest
from waiter import block_on_coro


async def answer():
    await asyncio.sleep(0)
    return 42


async def its_loop():
    return asyncio.get_running_loop()


def test_plain_python_blocks_until_the_coroutine_has_ended():
    assert block_on_coro(answer()) == 42


def test_each_call_has_a_loop_of_its_own_which_it_closes():
    first, second = block_on_coro(its_loop()), block_on_coro(its_loop())
    assert first is not second
    assert first.is_closed() and second.is_closed()


def test_inside_a_running_loop_it_refuses_and_starts_nothing():
    async def main():
        coroutine = answer()
        with pytest.raises(RuntimeError) as caught:
            block_on_coro(coroutine)
        assert str(caught.value) == (
            "block_on_coro would block the running event loop: await await_coro instead"
        )
        assert inspect.getcoroutinestate(coroutine) == "CORO_CREATED"
        coroutine.close()

    asyncio.run(main())


NO_COROUTINE = """
from waiter import block_on_coro

try:
    block_on_coro(print)
except TypeError as error:
    print(error)
"""


def test_a_function_in_place_of_its_coroutine_raises_type_error_and_blocks_nothing():
    run = subprocess.run(
        [sys.executable, "-c", NO_COROUTINE], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout) == (
        0,
        "an awaitable was expected, got <built-in function print>\n",
    )


def test_on_another_thread_it_blocks_that_thread_and_the_loop_goes_on():
    async def main():
        loop, turned = asyncio.get_running_loop(), asyncio.Event()

        async def wait_for_the_main_loop():
            loop.call_soon_threadsafe(turned.set)
            return asyncio.get_running_loop() is not loop

        blocked = asyncio.ensure_future(
            asyncio.to_thread(block_on_coro, wait_for_the_main_loop())
        )
        await turned.wait()
        assert await blocked

    asyncio.run(main())


UNGUARDED = """
import asyncio, os, sys, threading
from waiter import _native

started = threading.Event()

class Loop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, *args, **kwargs):
        started.set()
        return super().call_soon_threadsafe(*args, **kwargs)

async def answer():
    return 42

async def main():
    try:
        _native.block_on_new_loop(answer())
    except RuntimeError as error:
        print(error)

asyncio.new_event_loop = Loop
asyncio.run(main())
print("the Rust future has asked for the coroutine:", started.wait(60), flush=True)
sys.stderr.flush()
# That Rust future is still there: leave without ending the interpreter under it.
os._exit(0)
"""


def test_without_the_check_the_call_fails_but_its_rust_future_goes_on():
    run = subprocess.run(
        [sys.executable, "-c", UNGUARDED], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "Cannot run the event loop while another loop is running",
        "the Rust future has asked for the coroutine: True",
    ]
    assert "coroutine 'BaseEventLoop.shutdown_asyncgens' was never awaited" in run.stderr


def test_tasks_that_the_coroutine_leaves_behind_are_destroyed_not_cancelled(caplog):
    seen = []

    async def child():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")

    async def parent():
        asyncio.ensure_future(child())
        await asyncio.sleep(0)

    asyncio.run(parent())
    assert seen == ["cancelled"]
    block_on_coro(parent())
    gc.collect()
    assert seen == ["cancelled"]
    assert "Task was destroyed but it is pending!" in caplog.text


AFTER_THE_LAST_DELIVERY = """
import asyncio, atexit

def last():
    try:
        block_on_coro(asyncio.sleep(0))
    except RuntimeError as error:
        print(error)

# Registered before the module's own hook, so it runs after that.
atexit.register(last)
from waiter import block_on_coro
"""


def test_after_the_last_delivery_it_refuses():
    run = subprocess.run(
        [sys.executable, "-c", AFTER_THE_LAST_DELIVERY], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, "Python is exiting\n")
