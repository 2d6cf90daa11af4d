"""What each promise of `generic::Runtime` and `ContextExt` is for: a runtime that keeps it, and one that breaks it."""

import asyncio
import contextvars
import socket
import subprocess
import sys
import sysconfig
import time

import pytest
from runtime_mistakes import _native

NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")


class Awaitable:
    """Does not warn if it is not awaited, as a coroutine does."""

    def __await__(self):
        yield


async def result_of(future):
    """What a future ends with, or a TimeoutError if it is pending after a second."""
    done, _ = await asyncio.wait([future], timeout=1)
    if not done:
        raise asyncio.TimeoutError
    return future.result()


def awaited(function, *arguments):
    async def main():
        return await function(*arguments)

    return asyncio.run(main())


def assert_hangs(function, *arguments):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await result_of(function(*arguments))

    asyncio.run(main())


async def nothing():
    pass


def test_smol_runs_a_future_whose_handle_the_bridge_drops():
    assert awaited(_native.twice, "Smol", nothing) == (None, None)


def test_if_dropping_a_handle_cancels_the_task_the_await_never_returns():
    # This future cannot end before the handle is dropped: it needs the event loop, which this call blocks.
    assert_hangs(_native.twice, "CancelsOnDrop", nothing)


CALLS = [
    ("get_task_locals", None, True),
    ("spawn", None, True),
    ("spawn", "smol-1", False),
    ("scope", "smol-1", False),
    ("spawn_blocking", "smol-1", False),
    ("the closure", "blocking", False),
]


def test_for_a_result_the_bridge_makes_two_calls_with_the_gil_and_three_on_smols_thread_without_it():
    _native.calls()
    assert awaited(_native.sleep, "Recorder", 0) is None
    calls = [
        (what, "blocking" if thread and thread.startswith("blocking-") else thread, holds_the_gil)
        for what, thread, holds_the_gil in _native.calls()
    ]
    assert calls == CALLS


def test_into_future_asks_for_the_locals_on_the_thread_that_calls_it():
    _native.calls()
    assert awaited(_native.twice, "Recorder", nothing) == (None, None)
    asked = [call for call in _native.calls() if call[0] == "get_task_locals"]
    assert asked == [("get_task_locals", None, True)] + [("get_task_locals", "smol-1", True)] * 2


def seconds_of_the_call(runtime):
    async def main():
        start = time.monotonic()
        future = _native.sleep(runtime, 0.5)
        seconds = time.monotonic() - start
        future.cancel()
        return seconds

    return asyncio.run(main())


def test_if_spawn_polls_the_future_itself_the_call_blocks_the_event_loop():
    assert seconds_of_the_call("SpawnsInPlace") >= 0.5


def test_spawn_returns_before_the_future_has_finished():
    async def main():
        future = _native.sleep("Smol", 3600)
        assert not future.done()
        future.cancel()

    asyncio.run(main())


def test_a_delivery_that_waits_for_the_gil_leaves_smols_thread_to_other_futures():
    async def main():
        return _native.runs_without_the_gil("Smol", 60)

    assert asyncio.run(main())


# The switch interval keeps the GIL on this thread, where the bridge runs Python code between the two futures.
@NEEDS_GIL
def test_if_spawn_blocking_blocks_smols_thread_no_other_future_runs_until_the_gil_is_free():
    interval = sys.getswitchinterval()

    async def main():
        return _native.runs_without_the_gil("DeliversInPlace", 0.5)

    sys.setswitchinterval(100)
    try:
        assert not asyncio.run(main())
    finally:
        sys.setswitchinterval(interval)


def test_a_panic_is_a_rust_panic_without_its_text():
    with pytest.raises(Exception, match="^rust future panicked: unknown error$") as caught:
        awaited(_native.panics, "Smol")
    assert f"{type(caught.value).__module__}.{type(caught.value).__name__}" == "pyo3_async_runtimes.RustPanic"


def test_smol_runs_other_futures_after_a_panic():
    test_a_panic_is_a_rust_panic_without_its_text()
    assert awaited(_native.sleep, "Smol", 0.01) is None


def test_if_nothing_catches_a_panic_the_await_never_returns():
    assert_hangs(_native.panics, "Unwinds")


def test_if_the_error_of_a_panic_says_that_it_is_none_the_await_never_returns():
    assert_hangs(_native.panics, "HidesPanics")


name = contextvars.ContextVar("name")


async def names_seen(runtime):
    """The names that two coroutines see which Rust awaits twice each, the second time after both first times."""
    first_times, both = [], asyncio.Event()

    async def main(own):
        async def see():
            first_times.append(own)
            if len(first_times) == 2:
                both.set()
            await both.wait()
            return name.get()

        name.set(own)
        return await _native.twice(runtime, see)

    return await asyncio.gather(main("mail"), main("shell"))


def test_smol_keeps_the_context_variables_of_each_await():
    assert asyncio.run(names_seen("Smol")) == [("mail", "mail"), ("shell", "shell")]


def test_if_scope_sets_the_locals_only_once_a_coroutine_sees_the_context_variables_of_another_await():
    mail, shell = asyncio.run(names_seen("LeaksLocals"))
    assert (mail[0], shell[0]) == ("mail", "shell")
    assert mail[1] == shell[1]


def test_without_locals_into_future_raises_no_running_event_loop():
    with pytest.raises(RuntimeError, match="^no running event loop$"):
        awaited(_native.twice, "ForgetsLocals", Awaitable)


def test_a_task_of_your_own_has_no_locals_unless_scope_gives_it_some():
    with pytest.raises(RuntimeError, match="^no running event loop$"):
        awaited(_native.twice_in_a_task, Awaitable, False)
    assert awaited(_native.twice_in_a_task, nothing, True) == (None, None)


def test_while_32_jobs_of_unblock_block_no_result_reaches_python():
    jobs = _native.block(32)

    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await result_of(_native.sleep("Smol", 0))
        jobs.release()
        assert await _native.sleep("Smol", 0) is None

    asyncio.run(main())


def test_while_31_jobs_of_unblock_block_every_result_reaches_python():
    jobs = _native.block(31)
    assert awaited(_native.sleep, "Smol", 0) is None
    jobs.release()


FORKED = """
import asyncio, os
from runtime_mistakes import _native

async def main():
    return await asyncio.wait([_native.sleep("Smol", 0)], timeout=TIMEOUT)

TIMEOUT = 60
assert asyncio.run(main())[1] == set()
TIMEOUT = 1
child = os.fork()
if child == 0:
    done, pending = asyncio.run(main())
    os._exit(len(pending))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
"""


def test_in_a_child_that_is_forked_after_an_await_the_next_await_hangs():
    program = subprocess.run([sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED], capture_output=True, timeout=60)
    assert (program.returncode, program.stderr.decode()) == (0, "")


NO_REACTOR = "there is no reactor running, must be called from the context of a Tokio 1.x runtime"

PANICS = """
import asyncio
from runtime_mistakes import _native

async def main():
    await _native.tokio_on_smol()

asyncio.run(main())
"""


def test_a_library_of_tokio_panics_on_smol():
    program = subprocess.run([sys.executable, "-c", PANICS], capture_output=True, timeout=60)
    printed = program.stderr.decode()
    assert program.returncode == 1
    assert NO_REACTOR in printed
    assert printed.splitlines()[-1] == "pyo3_async_runtimes.RustPanic: rust future panicked: unknown error"


def test_a_library_of_tokio_runs_on_smol_inside_compat():
    assert awaited(_native.tokio_on_smol_compat) is None


def test_a_library_of_smol_runs_on_tokio():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert _native.smol_on_tokio(*server.getsockname()) is None


def test_an_unknown_runtime_raises_lookup_error():
    with pytest.raises(LookupError, match="^no runtime none$"):
        _native.sleep("none", 0)
