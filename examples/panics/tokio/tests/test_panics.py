"""How a panic of Rust reaches Python, a test for each sentence."""

import asyncio
import contextlib
import gc
import importlib
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import picker
import pytest
from picker import PanicException, RustPanic, _native

ITEMS = ["tea", "milk"]
OUT_OF_BOUNDS = "index out of bounds: the len is 2 but the index is 7"


def test_a_panic_in_a_bridged_future_is_a_rust_panic():
    with pytest.raises(RustPanic) as caught:
        asyncio.run(picker.pick(ITEMS, 7))
    assert str(caught.value) == "rust future panicked: unknown error"


def test_a_panic_in_an_async_fn_is_a_panic_exception():
    async def main():
        await picker.pick_polled(ITEMS, 7)

    with pytest.raises(PanicException) as caught:
        asyncio.run(main())
    assert str(caught.value) == OUT_OF_BOUNDS


def test_a_panic_in_a_function_is_a_panic_exception():
    with pytest.raises(PanicException) as caught:
        picker.pick_now(ITEMS, 7)
    assert str(caught.value) == OUT_OF_BOUNDS


def test_only_the_rust_panic_is_an_exception():
    assert RustPanic.__bases__ == (Exception,)
    assert PanicException.__bases__ == (BaseException,)
    with contextlib.suppress(Exception):
        asyncio.run(picker.pick(ITEMS, 7))
    with pytest.raises(PanicException):
        with contextlib.suppress(Exception):
            picker.pick_now(ITEMS, 7)


def test_each_module_has_classes_of_its_own(tmp_path, monkeypatch):
    shutil.copytree(Path(picker.__file__).parent, tmp_path / "another")
    monkeypatch.syspath_prepend(tmp_path)
    another = importlib.import_module("another")
    with pytest.raises(another.RustPanic) as caught:
        asyncio.run(another.pick(ITEMS, 7))
    assert not isinstance(caught.value, RustPanic)
    with pytest.raises(another.PanicException) as caught:
        another.pick_now(ITEMS, 7)
    assert not isinstance(caught.value, PanicException)


def test_gather_returns_either_as_a_result():
    async def main():
        return await asyncio.gather(
            picker.pick(ITEMS, 7),
            picker.pick_polled(ITEMS, 7),
            picker.pick(ITEMS, 1),
            return_exceptions=True,
        )

    bridged, polled, picked = asyncio.run(main())
    assert (type(bridged), type(polled), picked) == (RustPanic, PanicException, "milk")


@pytest.mark.parametrize("name", ["pyo3_async_runtimes", "pyo3_runtime"])
def test_no_module_has_the_name_that_a_traceback_shows(name):
    assert name in (RustPanic.__module__, PanicException.__module__)
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(name)
    assert str(caught.value) == f"No module named '{name}'"


@pytest.mark.parametrize("payload", ["&str", "String", "another type"])
def test_the_bridge_loses_the_text_of_every_panic(payload):
    with pytest.raises(RustPanic) as caught:
        asyncio.run(picker.panicked(payload))
    assert str(caught.value) == "rust future panicked: unknown error"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("&str", "nothing to pick"),
        ("String", "nothing to pick in String"),
        ("another type", "a panic without a text"),
    ],
)
def test_caught_tells_the_text_and_the_place(payload, text):
    with pytest.raises(RustPanic) as caught:
        asyncio.run(picker.panicked_caught(payload))
    said, place = str(caught.value).rsplit(" at ", 1)
    assert said == text
    assert re.fullmatch(r".*lib\.rs:\d+:\d+", place)


def test_each_panic_tells_its_own_place():
    def place(payload):
        with pytest.raises(RustPanic) as caught:
            asyncio.run(picker.panicked_caught(payload))
        return str(caught.value).rsplit(" at ", 1)[1]

    places = [place("&str"), place("String"), place("another type")]
    assert len(set(places)) == 3
    assert place("&str") == places[0]


def test_the_hook_keeps_the_usual_line_on_standard_error(capfd):
    with pytest.raises(RustPanic):
        asyncio.run(picker.panicked_caught("&str"))
    error = capfd.readouterr().err
    assert re.search(r"thread 'tokio-rt-worker' .*panicked at .*lib\.rs:\d+:\d+:\n", error)
    assert "nothing to pick\n" in error


def test_the_runtime_goes_on_after_a_panic():
    async def main():
        for _ in range(100):
            with pytest.raises(RustPanic):
                await picker.pick(ITEMS, 7)
        assert await picker.pick(ITEMS, 1) == "milk"

    asyncio.run(main())


def test_after_a_panic_in_the_conversion_the_future_stays_pending(capfd):
    async def main():
        future = _native.pick_late(ITEMS, 7)
        error = ""
        while "panicked at" not in error:
            assert await picker.pick(ITEMS, 0) == "tea"
            error += capfd.readouterr().err
        # The panic is over, and other results arrive: this one has no delivery left.
        for _ in range(1000):
            assert await picker.pick(ITEMS, 0) == "tea"
        assert not future.done()
        future.cancel()

    asyncio.run(main())


AWAITS = """
import asyncio, picker
print("waiting", flush=True)
asyncio.run(picker.pick_late(["tea"], 7))
print("ended", flush=True)
"""


def test_the_await_does_not_end():
    command = [sys.executable, "-c", AWAITS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as waiting:
        watchdog = threading.Timer(120, waiting.kill)
        watchdog.start()
        assert any("panicked at" in line for line in waiting.stderr)
        # The panic is over: what could end the await has had its chance.
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=3)
        waiting.kill()
        watchdog.cancel()
        assert waiting.stdout.read() == "waiting\n"


@contextlib.contextmanager
def without_the_collector():
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def panicking():
    await asyncio.sleep(0)
    picker.pick_now(ITEMS, 7)


def test_if_a_coroutine_that_rust_awaits_panics_rust_waits_until_a_garbage_collection():
    async def main():
        reported = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reported.append(type(context["exception"]))
        )
        future = _native.pass_on(panicking())
        while not reported:
            await asyncio.sleep(0)
        assert reported == [PanicException]
        for _ in range(100):
            assert await picker.pick(ITEMS, 0) == "tea"
            assert not future.done()
        gc.collect()
        with pytest.raises(asyncio.CancelledError):
            await future

    with without_the_collector():
        asyncio.run(asyncio.wait_for(main(), 60))


def test_a_conversion_without_a_panic_arrives():
    assert asyncio.run(picker.pick_late(ITEMS, 1)) == "milk"
    assert asyncio.run(picker.pick_in_time(ITEMS, 1)) == "milk"
    assert asyncio.run(picker.pick_checked(ITEMS, 1)) == "milk"


def test_an_error_that_the_conversion_returns_arrives():
    with pytest.raises(IndexError) as caught:
        asyncio.run(picker.pick_checked(ITEMS, 7))
    assert str(caught.value) == "no item 7"


def test_a_panic_of_a_conversion_inside_the_future_arrives():
    with pytest.raises(RustPanic) as caught:
        asyncio.run(picker.pick_in_time(ITEMS, 7))
    assert str(caught.value).startswith(OUT_OF_BOUNDS + " at ")


STOPPED = """
import asyncio, picker

async def main():
    try:
        await asyncio.wait_for(picker.pick_late(["tea"], 7), timeout=1)
    except asyncio.TimeoutError:
        print("stopped waiting")

asyncio.run(main())
"""


def test_a_timeout_of_python_ends_the_wait_and_the_program_exits():
    ended = subprocess.run(
        [sys.executable, "-c", STOPPED], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "stopped waiting\n")
