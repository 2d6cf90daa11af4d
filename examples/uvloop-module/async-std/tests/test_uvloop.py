"""What the guide says of uvloop and a native module, a test for each sentence."""

import asyncio
import subprocess
import sys

import pytest
from doze import _native, rust_sleep

uvloop = pytest.importorskip("uvloop", reason="uvloop has no release for Windows")


async def loop_that_awaits_rust():
    await rust_sleep(0)
    return asyncio.get_running_loop()


def output_of(program, *options):
    run = subprocess.run(
        [sys.executable, *options, "-c", program], capture_output=True, timeout=600
    )
    return run.returncode, run.stdout.decode().strip(), run.stderr.decode().strip()


def test_uvloop_run_awaits_rust_on_a_uvloop_loop():
    assert type(uvloop.run(loop_that_awaits_rust())) is uvloop.Loop


def test_the_same_function_works_on_the_loop_of_asyncio():
    assert not isinstance(asyncio.run(loop_that_awaits_rust()), uvloop.Loop)


def test_the_future_belongs_to_the_uvloop_loop():
    async def main():
        future = _native.rust_sleep(0)
        assert isinstance(future, asyncio.Future)
        assert isinstance(future.get_loop(), uvloop.Loop)
        assert await future is None

    uvloop.run(main())


def test_uvloop_run_does_not_cure_a_call_that_comes_too_early():
    with pytest.raises(RuntimeError) as caught:
        uvloop.run(_native.rust_sleep(0))
    assert str(caught.value) == "no running event loop"


def test_cancelling_the_task_ends_the_await_on_uvloop_too():
    async def main():
        task = asyncio.create_task(rust_sleep(3600))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    uvloop.run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.Runner is new in Python 3.11")
def test_a_runner_takes_uvloop_as_its_loop_factory():
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert type(runner.run(loop_that_awaits_rust())) is uvloop.Loop


@pytest.mark.skipif(sys.version_info < (3, 12), reason="loop_factory is new in Python 3.12")
def test_asyncio_run_takes_uvloop_as_its_loop_factory():
    loop = asyncio.run(loop_that_awaits_rust(), loop_factory=uvloop.new_event_loop)
    assert type(loop) is uvloop.Loop


# The old way. A policy is for the whole process, so each test has a process of its own.

INSTALL = """
import asyncio, doze, uvloop
uvloop.install()

async def main():
    await doze.rust_sleep(0)
    print(type(asyncio.get_running_loop()))

asyncio.run(main())
"""
WARNING = (
    "DeprecationWarning: uvloop.install() is deprecated in favor of uvloop.run() "
    "starting with Python 3.12."
)


def test_install_makes_asyncio_run_use_uvloop_and_warns_nobody():
    assert output_of(INSTALL) == (0, "<class 'uvloop.Loop'>", "")


def test_install_has_a_deprecation_warning_from_python_3_12_on():
    code, out, err = output_of(INSTALL, "-W", "always")
    assert (code, out) == (0, "<class 'uvloop.Loop'>")
    assert (WARNING in err) == (sys.version_info >= (3, 12))


def test_install_fails_where_warnings_are_errors_from_python_3_12_on():
    code, _, err = output_of(INSTALL, "-W", "error::DeprecationWarning")
    if sys.version_info < (3, 12):
        assert (code, err) == (0, "")
    elif sys.version_info < (3, 14):
        assert (code, err.splitlines()[-1]) == (1, WARNING)
    else:
        assert code == 1
        assert err.endswith("is deprecated and slated for removal in Python 3.16")


def test_uvloop_run_needs_no_policy_and_has_no_warning():
    program = INSTALL.replace("uvloop.install()", "").replace("asyncio.run", "uvloop.run")
    assert output_of(program, "-W", "error") == (0, "<class 'uvloop.Loop'>", "")


@pytest.mark.skipif(sys.version_info < (3, 14), reason="policies are deprecated in Python 3.14")
def test_python_3_14_says_that_3_16_removes_policies():
    code, _, err = output_of(INSTALL, "-W", "always")
    assert code == 0
    assert (
        "DeprecationWarning: 'asyncio.set_event_loop_policy' is deprecated "
        "and slated for removal in Python 3.16" in err
    )
