"""What becomes of an exception on its way through Rust, a test for each sentence."""

import asyncio
import sys
import traceback

import pytest
import relay
from relay import _native

BEFORE_GROUPS = sys.version_info < (3, 11)
STOPS = "StopIteration interacts badly with generators and cannot be raised into a Future"


def refuses_stop_iteration():
    loop = asyncio.new_event_loop()
    try:
        loop.create_future().set_exception(StopIteration())
    except TypeError:
        return True
    finally:
        loop.close()
    return False


REFUSES = refuses_stop_iteration()


async def failing(error, cause=None):
    raise error from cause


def test_an_exception_comes_back_as_the_same_object():
    error = LookupError("no price", 12)
    with pytest.raises(LookupError) as caught:
        asyncio.run(relay.relay(failing(error)))
    assert caught.value is error
    assert caught.value.args == ("no price", 12)


def test_its_traceback_still_ends_in_the_line_that_raised_it():
    with pytest.raises(LookupError) as caught:
        asyncio.run(relay.relay(failing(LookupError("no price"))))
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-2:] == ["relay", "failing"]


def test_its_cause_is_kept():
    cause = ValueError("twelve")
    with pytest.raises(LookupError) as caught:
        asyncio.run(relay.relay(failing(LookupError("no price"), cause)))
    assert caught.value.__cause__ is cause


@pytest.mark.skipif(BEFORE_GROUPS, reason="notes are new in Python 3.11")
def test_its_notes_are_kept():
    error = LookupError("no price")
    error.add_note("the third line")
    with pytest.raises(LookupError) as caught:
        asyncio.run(relay.relay(failing(error)))
    assert caught.value.__notes__ == ["the third line"]


@pytest.mark.skipif(BEFORE_GROUPS, reason="exception groups are new in Python 3.11")
def test_a_group_comes_back_as_the_same_object():
    group = ExceptionGroup("two", [ValueError("one"), TypeError("other")])
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(relay.relay(failing(group)))
    assert caught.value is group


def test_its_text_alone_is_neither_its_class_nor_its_cause_nor_its_traceback():
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(relay.relay_text(failing(LookupError("no price"), ValueError("twelve"))))
    assert str(caught.value) == "relay: LookupError: no price"
    assert caught.value.__cause__ is None
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-1] == "relay_text"


def test_as_the_cause_of_another_it_is_the_same_object():
    error = LookupError("no price")
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(relay.relay_with_cause(failing(error)))
    assert str(caught.value) == "relay: Python failed"
    assert caught.value.__cause__ is error
    assert traceback.extract_tb(error.__traceback__)[-1].name == "failing"


def test_rust_can_tell_its_frames_its_class_and_its_text():
    async def main():
        assert await _native.report(asyncio.sleep(0)) is None
        return await _native.report(failing(LookupError("no price")))

    report = asyncio.run(main())
    assert report.startswith("Traceback (most recent call last):\n")
    assert ", in failing\n    raise error from cause\n" in report
    assert report.endswith("\nLookupError: no price")


@pytest.mark.parametrize(
    "error",
    [asyncio.CancelledError("enough"), KeyboardInterrupt(), SystemExit(3), GeneratorExit()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("pass_on", [_native.relay_text, _native.relay_with_cause, _native.report])
def test_what_is_no_exception_comes_back_as_the_same_object(pass_on, error):
    async def main():
        # A future: asyncio raises Ctrl-C and an exit that end a task in the event loop, too.
        ended = asyncio.get_running_loop().create_future()
        ended.set_exception(error)
        try:
            await pass_on(ended)
        except BaseException as raised:
            return raised

    caught = asyncio.run(main())
    assert caught is error
    assert caught.__cause__ is None


@pytest.mark.parametrize("pass_on", [_native.relay_text, _native.relay_with_cause, _native.report])
def test_the_cancellation_of_what_rust_awaits_stays_a_cancellation(pass_on):
    async def main():
        inner = asyncio.ensure_future(asyncio.sleep(3600))
        outer = pass_on(inner)
        inner.cancel()
        with pytest.raises(asyncio.CancelledError):
            await outer

    asyncio.run(main())


@pytest.mark.skipif(not REFUSES, reason="a late Python 3.12, or a newer one, refuses nothing")
def test_where_stop_iteration_is_refused_the_await_never_ends():
    assert sys.version_info < (3, 13)

    async def main():
        reported = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reported.append(context["exception"])
        )
        future = _native.stop()
        while not reported:
            assert await relay.relay(asyncio.sleep(0, "other results arrive"))
        assert [(type(error), str(error)) for error in reported] == [(TypeError, STOPS)]
        for _ in range(1000):
            await relay.relay(asyncio.sleep(0))
        assert not future.done()
        future.cancel()

    asyncio.run(main())


@pytest.mark.skipif(REFUSES, reason="an early Python 3.12, or an older one, refuses it")
def test_elsewhere_stop_iteration_is_the_cause_of_a_runtime_error():
    assert sys.version_info >= (3, 12)

    async def main():
        await _native.stop()

    with pytest.raises(RuntimeError) as caught:
        asyncio.run(main())
    assert str(caught.value) == STOPS
    assert repr(caught.value.__cause__) == "StopIteration('no more documents')"


def test_stop_async_iteration_arrives_and_ends_an_async_for():
    class Documents:
        def __aiter__(self):
            return self

        def __anext__(self):
            return _native.stop_async()

    async def main():
        with pytest.raises(StopAsyncIteration) as caught:
            await _native.stop_async()
        assert str(caught.value) == "no more documents"
        return [document async for document in Documents()]

    assert asyncio.run(main()) == []


def test_a_coroutine_can_be_relayed_once():
    async def main():
        coroutine = asyncio.sleep(0, "tea")
        assert await relay.relay(coroutine) == "tea"
        with pytest.raises(RuntimeError) as caught:
            await relay.relay(coroutine)
        assert str(caught.value) == "cannot reuse already awaited coroutine"

    asyncio.run(main())
