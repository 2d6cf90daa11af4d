"""One Rust function under asyncio, trio and anyio, a test for each sentence."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import anyio
import anyio.lowlevel
import pytest
import trio
from bakery import UnknownBread, _native, any_loop, bake
from loops import RUNNERS, UNDER_TRIO, in_the_oven, run, wait_until_the_oven_is_empty

LOOPS = pytest.mark.parametrize("loop", RUNNERS)


@LOOPS
def test_the_same_function_is_awaited_under_each_event_loop(loop):
    assert run(loop, lambda: bake("rye", 0.01)) == "rye is ready"


@LOOPS
def test_an_error_of_rust_keeps_its_type(loop):
    with pytest.raises(UnknownBread) as caught:
        run(loop, lambda: bake("cake", 0))
    assert type(caught.value) is UnknownBread
    assert str(caught.value) == "no recipe for cake"
    with pytest.raises(ValueError, match=r"cannot bake for -1 s: .*value is negative"):
        run(loop, lambda: bake("rye", -1))


@LOOPS
def test_an_error_is_freed_without_the_garbage_collector(loop):
    async def main():
        try:
            await bake("cake", 0)
        except UnknownBread as error:
            return weakref.ref(error)

    gc.disable()
    try:
        error = run(loop, main)
        deadline = time.monotonic() + 60
        # The thread that delivered it may still have it.
        while error() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.001)
    finally:
        gc.enable()


@LOOPS
def test_a_thousand_at_once(loop):
    loaves = []

    async def one():
        loaves.append(await bake("rye", 0.001))

    async def main():
        async with anyio.create_task_group() as group:
            for _ in range(1000):
                group.start_soon(one)

    run(loop, main)
    assert loaves == ["rye is ready"] * 1000


@LOOPS
def test_the_other_tasks_run_meanwhile(loop):
    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(bake, "rye", 3600)
            for _ in range(100):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        return "all ran"

    assert run(loop, main) == "all ran"


@LOOPS
def test_a_timeout_ends_the_await_and_drops_the_rust_future(loop):
    async def main():
        with anyio.move_on_after(0.05) as scope:
            await any_loop.wait(in_the_oven(_native.bake), "rye", 3600)
        return scope.cancelled_caught

    assert run(loop, main) is True
    wait_until_the_oven_is_empty()


def test_asyncio_wait_for_does_so_too():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(any_loop.wait(in_the_oven(_native.bake), "rye", 3600), 0.05)

    run("asyncio", main)
    wait_until_the_oven_is_empty()


@LOOPS
def test_an_await_that_is_cancelled_already_cancels_its_job(loop):
    events = []

    class RecordedJob:
        def __init__(self, job):
            events.append("start")
            self.job = job

        def cancel(self):
            events.append("cancel")
            self.job.cancel()

    async def main():
        with anyio.CancelScope() as scope:
            scope.cancel()
            await any_loop.wait(lambda *arguments: RecordedJob(_native.bake(*arguments)), "rye", 3600)
        return scope.cancelled_caught

    assert run(loop, main) is True
    assert events[:2] == ["start", "cancel"]
    wait_until_the_oven_is_empty()


# --- cancellation and result in the same iteration of the loop


def start_and_then(after_delivery):
    """A start for `wait` whose delivery is followed by `after_delivery()`, on the loop's thread."""

    def start(schedule, deliver, *arguments):
        def deliver_and_then(*result):
            deliver(*result)
            after_delivery()

        return _native.bake(schedule, deliver_and_then, *arguments)

    return start


def test_asyncio_cancels_a_task_whose_result_is_delivered_but_not_received():
    async def main():
        task = asyncio.create_task(any_loop.wait(start_and_then(lambda: task.cancel()), "rye", 0))
        await asyncio.wait([task])
        return task.cancelled()

    assert run("asyncio", main) is True


@pytest.mark.parametrize("loop", [name for name in RUNNERS if name != "asyncio"])
def test_a_scope_of_trio_or_anyio_does_not_and_the_result_is_returned(loop):
    async def main():
        with anyio.CancelScope() as scope:
            loaf = await any_loop.wait(start_and_then(scope.cancel), "rye", 0)
            assert loaf == "rye is ready"
            assert scope.cancel_called
            await anyio.lowlevel.checkpoint()
        return scope.cancelled_caught

    # The next await raises the cancellation.
    assert run(loop, main) is True


@LOOPS
def test_a_result_that_comes_after_the_cancellation_is_dropped(loop):
    late = []
    came = threading.Event()

    def start(_, deliver, *arguments):
        def schedule(deliver, *result):
            late.append((deliver, result))
            came.set()

        return _native.bake(schedule, deliver, *arguments)

    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(any_loop.wait, start, "rye", 0)
            while not came.is_set():
                await anyio.sleep(0.001)
            group.cancel_scope.cancel()
        [(deliver, result)] = late
        assert result == ("rye is ready", None)
        deliver(*result)
        await anyio.lowlevel.checkpoint()
        return await bake("rye", 0)

    assert run(loop, main) == "rye is ready"


# --- a wait that does not begin


def after_delivery(then):
    """A start for `wait` that calls `then()` when the loop has been asked to deliver."""

    def start(schedule, deliver, *arguments):
        scheduled = threading.Event()

        def schedule_and_tell(*call):
            schedule(*call)
            scheduled.set()

        job = _native.bake(schedule_and_tell, deliver, *arguments)
        assert scheduled.wait(60)
        then()
        return job

    return start


async def waits_for_an_hour():
    """Whether a task of trio waits as long as it wants: a delivery for it would end that at once."""
    with trio.move_on_after(0.1) as scope:
        await trio.Event().wait()
    return scope.cancelled_caught


@pytest.mark.parametrize("loop", UNDER_TRIO)
def test_a_ctrl_c_before_the_wait_is_raised_at_the_await_and_ends_it(loop):
    returned = []

    def interrupt():
        signal.raise_signal(signal.SIGINT)
        returned.append("from the signal")

    async def main():
        with pytest.raises(KeyboardInterrupt):
            await any_loop.wait(after_delivery(interrupt), "rye", 0)
        return await waits_for_an_hour()

    assert run(loop, main) is True
    assert returned == ["from the signal"]


@pytest.mark.parametrize("loop", UNDER_TRIO)
def test_so_does_an_error_of_start(loop):
    def fail():
        raise OSError("no flour")

    async def main():
        with pytest.raises(OSError, match="no flour"):
            await any_loop.wait(after_delivery(fail), "rye", 0)
        return await waits_for_an_hour()

    assert run(loop, main) is True


# --- the end of the loop


@pytest.fixture
def unraisable(monkeypatch):
    """Type and text of the errors that were raised where nothing can catch them."""
    errors = []
    # The error itself would keep the frames that raised it, and so what Rust passed to them.
    monkeypatch.setattr(sys, "unraisablehook", lambda it: errors.append((type(it.exc_value), str(it.exc_value))))
    return errors


def is_dropped(finished):
    """Whether the event is set within a minute. Without the GIL, functions wait for the garbage collector."""
    deadline = time.monotonic() + 60
    while not finished.wait(0.05) and time.monotonic() < deadline:
        gc.collect()
    return finished.is_set()


def baked_after_the_end(loop, schedule_of_this_loop):
    """Type and text of the error that Rust gets from the schedule of a loop that has ended."""
    loop_ended, finished = threading.Event(), threading.Event()
    errors = []

    async def main():
        schedule_here = schedule_of_this_loop()

        def schedule(*call):
            assert loop_ended.wait(60)
            try:
                schedule_here(*call)
            except Exception as error:
                errors.append((type(error), str(error)))
                raise

        def deliver(*result):
            pass

        # Rust drops `deliver` when it has done all it does with the result.
        weakref.finalize(deliver, finished.set)
        _native.bake(schedule, deliver, "rye", 0)

    run(loop, main)
    loop_ended.set()
    assert is_dropped(finished)
    [error] = errors
    return error


def test_a_result_for_a_loop_of_asyncio_that_has_ended_is_dropped(unraisable, capfd):
    error = baked_after_the_end("asyncio", lambda: asyncio.get_running_loop().call_soon_threadsafe)
    assert error == (RuntimeError, "Event loop is closed")
    assert (unraisable, capfd.readouterr()) == ([], ("", ""))


def test_a_result_for_a_run_of_trio_that_has_ended_is_dropped(unraisable, capfd):
    error = baked_after_the_end("trio", lambda: trio.lowlevel.current_trio_token().run_sync_soon)
    assert error == (trio.RunFinishedError, "run() has exited")
    assert issubclass(trio.RunFinishedError, RuntimeError)
    assert (unraisable, capfd.readouterr()) == ([], ("", ""))


@pytest.mark.parametrize("error", [TypeError, NotImplementedError, RecursionError])
def test_another_error_of_schedule_is_reported(unraisable, error):
    finished = threading.Event()

    def schedule(*_):
        raise error("not a schedule")

    def deliver(*result):
        pass

    weakref.finalize(deliver, finished.set)
    _native.bake(schedule, deliver, "rye", 0)
    del deliver
    assert is_dropped(finished)
    assert unraisable == [(error, "not a schedule")]


# --- the threads of Rust


DELIVERIES_THAT_BLOCK = """
import asyncio, threading
from bakery import _native, bake

blocked, end = threading.Semaphore(0), threading.Event()

def schedule(*_):
    blocked.release()
    end.wait(60)

for _ in range(3):
    _native.bake(schedule, print, "rye", 0)
for _ in range(3):
    assert blocked.acquire(timeout=30)
print(asyncio.run(asyncio.wait_for(bake("rye", 0), 30)))
end.set()
"""


def test_deliveries_that_block_do_not_hold_up_the_two_workers():
    environment = dict(os.environ, TOKIO_WORKER_THREADS="2")
    command = [sys.executable, "-c", DELIVERIES_THAT_BLOCK]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert (ended.stdout, ended.stderr) == ("rye is ready\n", "")


# --- both libraries on one thread


def test_a_trio_guest_in_an_asyncio_loop_and_its_host_get_their_results():
    async def main():
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        guest_has_baked, host_has_baked = asyncio.Event(), trio.Event()

        async def guest():
            loaf = await bake("rye", 0)
            guest_has_baked.set()
            await host_has_baked.wait()
            return loaf, await bake("rye", 0)

        trio.lowlevel.start_guest_run(
            guest, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=ended.set_result
        )
        await guest_has_baked.wait()
        loaf = await bake("baguette", 0)
        assert not ended.done()
        host_has_baked.set()
        return loaf, (await ended).unwrap()

    assert run("asyncio", main) == ("baguette is ready", ("rye is ready", "rye is ready"))


def test_trio_inside_a_task_of_asyncio_works():
    async def main():
        return trio.run(bake, "rye", 0)

    assert run("asyncio", main) == "rye is ready"


@pytest.mark.parametrize("loop", UNDER_TRIO)
def test_asyncio_inside_a_task_of_trio_raises_got_bad_yield(loop):
    async def main():
        with pytest.raises(RuntimeError) as caught:
            asyncio.run(any_loop.wait(in_the_oven(_native.bake), "rye", 3600))
        assert str(caught.value).startswith("Task got bad yield: WaitTaskRescheduled(abort_func=")
        # Its job has been cancelled, and its delivery ends no other wait of this task.
        wait_until_the_oven_is_empty()
        with pytest.raises(RuntimeError, match="Task got bad yield"):
            asyncio.run(any_loop.wait(after_delivery(lambda: None), "rye", 0))
        return await waits_for_an_hour()

    assert run(loop, main) is True


@pytest.mark.parametrize("loop", UNDER_TRIO)
def test_in_a_thread_of_trio_asyncio_works(loop):
    async def main():
        return await trio.to_thread.run_sync(lambda: asyncio.run(bake("rye", 0)))

    assert run(loop, main) == "rye is ready"


WITHOUT_TRIO = """
import asyncio, sys
sys.modules["sniffio"] = sys.modules["outcome"] = None
import bakery
assert "trio" not in sys.modules
print(asyncio.run(bakery.bake("rye", 0)))
"""


def test_a_program_without_trio_needs_no_package_of_trio():
    ended = subprocess.run([sys.executable, "-c", WITHOUT_TRIO], capture_output=True, text=True, timeout=300)
    assert (ended.stdout, ended.stderr) == ("rye is ready\n", "")
