"""What the guide says of `asyncio.run` and a Rust future, a test for each sentence."""

import asyncio
import inspect
import sys
import threading
from contextlib import closing

import pytest
from pause import _native, rust_sleep


def refused(call):
    """Makes the call, which must find no running loop."""
    with pytest.raises(RuntimeError) as caught:
        call()
    assert type(caught.value) is RuntimeError
    assert str(caught.value) == "no running event loop"


@pytest.fixture
def loops_made(monkeypatch):
    """The event loops that asyncio makes during the test."""
    loops = []
    new_event_loop = asyncio.events.new_event_loop

    def recording():
        loops.append(new_event_loop())
        return loops[-1]

    monkeypatch.setattr(asyncio.events, "new_event_loop", recording)
    return loops


# Why it fails


def test_asyncio_run_is_not_even_called_when_the_rust_function_fails(loops_made):
    refused(lambda: asyncio.run(_native.rust_sleep(0)))
    assert loops_made == []
    asyncio.run(rust_sleep(0))
    assert len(loops_made) == 1


def test_the_error_is_that_of_get_running_loop():
    refused(asyncio.get_running_loop)


def test_calling_an_async_def_runs_nothing():
    started = []

    async def main():
        started.append("main")

    coroutine = main()
    assert started == []
    asyncio.run(coroutine)
    assert started == ["main"]


# The three ways that work


def test_an_async_main_calls_the_rust_function_inside_the_loop():
    async def main():
        assert await _native.rust_sleep(0) is None

    asyncio.run(main())


def test_the_wrapper_makes_a_coroutine_where_no_loop_runs():
    coroutine = rust_sleep(0)
    assert inspect.iscoroutine(coroutine)
    assert asyncio.run(coroutine) is None


def test_a_future_for_an_explicit_loop_is_made_before_the_loop_runs():
    with closing(asyncio.new_event_loop()) as loop:
        future = _native.rust_sleep_on(loop, 0)
        assert isinstance(future, asyncio.Future)
        assert future.get_loop() is loop
        assert loop.run_until_complete(future) is None


def test_rust_starts_at_the_call_but_the_result_waits_until_the_loop_runs():
    with closing(asyncio.new_event_loop()) as loop:
        delivered = threading.Event()
        call_soon_threadsafe = loop.call_soon_threadsafe

        def recording(*arguments, **keywords):
            call_soon_threadsafe(*arguments, **keywords)
            delivered.set()

        loop.call_soon_threadsafe = recording
        future = _native.rust_sleep_on(loop, 0)
        assert delivered.wait(600)
        assert not future.done()
        loop.run_until_complete(future)
        assert future.done()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.Runner is new in Python 3.11")
def test_a_runner_gives_its_loop_before_it_runs():
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        assert loop.run_until_complete(_native.rust_sleep_on(loop, 0)) is None


# Other calls that come too early


def test_a_call_at_module_level_is_too_early():
    module = "from pause import _native\nsleep = _native.rust_sleep(0)\n"
    refused(lambda: exec(module, {}))


def test_a_default_argument_is_evaluated_where_the_function_is_defined():
    def define():
        async def main(sleep=_native.rust_sleep(0)):
            await sleep

    refused(define)


def test_run_until_complete_is_too_late_for_its_own_argument():
    with closing(asyncio.new_event_loop()) as loop:
        refused(lambda: loop.run_until_complete(_native.rust_sleep(0)))


def test_setting_an_event_loop_does_not_run_it():
    with closing(asyncio.new_event_loop()) as loop:
        asyncio.set_event_loop(loop)
        try:
            refused(lambda: _native.rust_sleep(0))
        finally:
            asyncio.set_event_loop(None)


def test_another_thread_has_no_running_loop():
    async def main():
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, refused, lambda: _native.rust_sleep(0))

    asyncio.run(main())


def test_another_thread_hands_the_wrapper_to_the_loop():
    async def main():
        loop = asyncio.get_running_loop()

        def in_the_thread():
            return asyncio.run_coroutine_threadsafe(rust_sleep(0), loop).result(600)

        assert await loop.run_in_executor(None, in_the_thread) is None

    asyncio.run(main())


def test_a_callback_of_the_loop_is_in_time():
    async def main():
        loop = asyncio.get_running_loop()
        made = loop.create_future()
        loop.call_soon(lambda: made.set_result(_native.rust_sleep(0)))
        assert await (await made) is None

    asyncio.run(main())


def test_a_future_for_one_loop_is_refused_by_another():
    async def wait_for(future):
        await future

    with closing(asyncio.new_event_loop()) as loop:
        future = _native.rust_sleep_on(loop, 3600)
        with pytest.raises(RuntimeError, match="attached to a different loop$"):
            asyncio.run(wait_for(future))
        future.cancel()


# What Python 3.14 changed


class Lazy:
    """An awaitable that is no coroutine; it calls Rust when it is awaited."""

    def __await__(self):
        return _native.rust_sleep(0).__await__()


def test_asyncio_run_takes_any_awaitable_from_python_3_14_on():
    if sys.version_info >= (3, 14):
        assert asyncio.run(Lazy()) is None
    else:
        with pytest.raises(ValueError, match="^a coroutine was expected, got <.*Lazy object"):
            asyncio.run(Lazy())


def test_asyncio_run_takes_no_future_of_another_loop_on_any_python():
    if sys.version_info >= (3, 14):
        refusal = pytest.raises(RuntimeError, match="attached to a different loop$")
    else:
        refusal = pytest.raises(ValueError, match="^a coroutine was expected, got <Future pending")
    with closing(asyncio.new_event_loop()) as loop:
        future = _native.rust_sleep_on(loop, 3600)
        with refusal:
            asyncio.run(future)
        future.cancel()
