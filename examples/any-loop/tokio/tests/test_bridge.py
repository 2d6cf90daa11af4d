"""What the functions of the bridge do under trio and anyio, a test for each sentence."""

import asyncio
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import anyio
import pytest
import trio
from anyio.from_thread import start_blocking_portal
from bakery import _native
from loops import UNDER_TRIO, in_the_oven, run, wait_until_the_oven_is_empty

HERE = Path(__file__).parent.parent


async def bake(bread, seconds):
    return await _native.bake_in_asyncio(bread, seconds)


@pytest.mark.parametrize("loop", UNDER_TRIO)
def test_under_trio_a_function_of_the_bridge_finds_no_running_event_loop(loop):
    with pytest.raises(RuntimeError) as caught:
        run(loop, lambda: bake("rye", 0))
    assert type(caught.value) is RuntimeError
    assert str(caught.value) == "no running event loop"


def test_trio_refuses_a_future_that_was_made_under_asyncio():
    async def start():
        return _native.bake_in_asyncio("rye", 3600)

    async def main():
        await future

    loop = asyncio.new_event_loop()
    future = loop.run_until_complete(start())
    with pytest.raises(TypeError) as caught:
        trio.run(main)
    future.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert str(caught.value).startswith("trio.run received unrecognized yield message <Future pending")
    assert "library written for some other framework like asyncio" in str(caught.value)


def test_under_anyio_on_asyncio_the_bridge_works_and_its_scopes_cancel_it():
    async def main():
        assert await bake("rye", 0) == "rye is ready"
        with anyio.move_on_after(0.05) as scope:
            await in_the_oven(_native.bake_in_asyncio)("rye", 3600)
        return scope.cancelled_caught

    assert run("anyio-asyncio", main) is True
    wait_until_the_oven_is_empty()


def test_a_blocking_function_works_in_a_thread_of_trio():
    async def main():
        return await trio.to_thread.run_sync(_native.bake_blocking, "rye", 0.01)

    assert trio.run(main) == "rye is ready"


def test_an_asyncio_loop_in_a_thread_works_for_trio():
    async def main(portal):
        return await trio.to_thread.run_sync(portal.call, bake, "rye", 0.01)

    with start_blocking_portal() as portal:
        assert trio.run(main, portal) == "rye is ready"


def test_meanwhile_the_other_tasks_of_trio_run():
    async def main(*call):
        ten_turns = threading.Event()

        def bake_until_then():
            while not ten_turns.is_set():
                call[0](*call[1:], "rye", 0.01)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, bake_until_then)
            for _ in range(10):
                await trio.sleep(0.001)
            ten_turns.set()
        return "both ended"

    assert run("trio", lambda: main(_native.bake_blocking)) == "both ended"
    with start_blocking_portal() as portal:
        assert run("trio", lambda: main(portal.call, bake)) == "both ended"


def test_in_a_thread_a_timeout_waits_until_rust_has_returned():
    async def main(*call):
        with trio.CancelScope() as scope:

            def call_and_cancel():
                trio.from_thread.run_sync(scope.cancel)
                return call[0](*call[1:], "rye", 0.01)

            loaf = await trio.to_thread.run_sync(call_and_cancel)
        return loaf, scope.cancel_called, scope.cancelled_caught

    too_late = ("rye is ready", True, False)
    assert trio.run(main, _native.bake_blocking) == too_late
    with start_blocking_portal() as portal:
        assert trio.run(main, portal.call, bake) == too_late


# --- pytest


ON_BOTH = """
import pytest
from bakery import _native

@pytest.mark.anyio
async def test_rye():
    assert await _native.bake_in_asyncio("rye", 0) == "rye is ready"
"""

ON_ASYNCIO = """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def pytest_of(folder, program):
    (folder / "test_rye.py").write_text(program)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_rye.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300).stdout


def test_the_trio_half_of_a_test_that_is_marked_anyio_fails(tmp_path):
    out = pytest_of(tmp_path, ON_BOTH)
    assert "FAILED test_rye.py::test_rye[trio] - RuntimeError: no running event loop" in out
    assert "1 failed, 1 passed" in out


def test_with_a_fixture_it_runs_on_asyncio_alone(tmp_path):
    assert "1 passed in" in pytest_of(tmp_path, ON_BOTH + ON_ASYNCIO)


# --- trio-asyncio, which changes asyncio for the whole process


TRIO_ASYNCIO = """
import asyncio, warnings
import trio
from bakery import _native, bake
from loops import in_the_oven, wait_until_the_oven_is_empty

async def bridged():
    return await _native.bake_in_asyncio("rye", 0)

{first}
{then}

async def main():
    async with trio_asyncio.open_loop():
        {main}

try:
    trio.run(main)
except BaseException as error:
    while hasattr(error, "exceptions"):
        [error] = error.exceptions
    print(type(error).__name__, error)
"""
IMPORT = "import trio_asyncio"
CALL = "asyncio.run(bridged())"
NEEDS_TRIO_ASYNCIO = pytest.mark.skipif(
    sys.version_info >= (3, 14) or find_spec("trio_asyncio") is None,
    reason="trio-asyncio cannot be imported on CPython 3.14, or is not installed",
)


def under_trio_asyncio(main, first=IMPORT, then=""):
    program = TRIO_ASYNCIO.format(first=first, then=then, main=main)
    command = [sys.executable, "-c", program]
    # Beside `loops.py`.
    ended = subprocess.run(command, cwd=HERE / "tests", capture_output=True, text=True, timeout=300)
    assert ended.stderr == ""
    return ended.stdout.rstrip()


@NEEDS_TRIO_ASYNCIO
@pytest.mark.parametrize("then", ["", CALL], ids=["at once", "after a call under asyncio"])
def test_trio_asyncio_runs_the_bridge_if_it_is_imported_before_the_first_call(then):
    out = under_trio_asyncio("print(await trio_asyncio.aio_as_trio(bridged)())", then=then)
    assert out == "rye is ready"


@NEEDS_TRIO_ASYNCIO
def test_its_import_replaces_the_get_running_loop_of_asyncio():
    program = f"import asyncio; before = asyncio.get_running_loop; {IMPORT}; print(before is asyncio.get_running_loop)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (ended.stdout, ended.stderr) == ("False\n", "")


@NEEDS_TRIO_ASYNCIO
def test_imported_after_the_first_call_it_never_does():
    twice = """for _ in range(2):
            try:
                await trio_asyncio.aio_as_trio(bridged)()
            except RuntimeError as error:
                print(error)"""
    out = under_trio_asyncio(twice, first=CALL, then=IMPORT)
    assert out == "no running event loop\nno running event loop"


@NEEDS_TRIO_ASYNCIO
def test_a_timeout_of_trio_cancels_it():
    timeout = """with trio.move_on_after(0.05) as scope:
            await trio_asyncio.aio_as_trio(lambda: in_the_oven(_native.bake_in_asyncio)("rye", 3600))()
        print(scope.cancelled_caught)
        wait_until_the_oven_is_empty()"""
    assert under_trio_asyncio(timeout) == "True"


@NEEDS_TRIO_ASYNCIO
def test_without_aio_as_trio_trio_refuses_the_future():
    out = under_trio_asyncio('await _native.bake_in_asyncio("rye", 3600)')
    assert out.startswith("TypeError trio.run received unrecognized yield message <Future pending"), out


@NEEDS_TRIO_ASYNCIO
def test_inside_it_the_function_for_any_loop_works_in_tasks_of_both_libraries():
    out = under_trio_asyncio('print(await bake("rye", 0), await trio_asyncio.aio_as_trio(bake)("rye", 0))')
    assert out == "rye is ready rye is ready"
