"""What becomes of an exception on its way through Rust, a test for each sentence."""

import asyncio
import pickle
import sys
import traceback

import pytest
import relay
from relay import DocumentError, NotFound, Unreadable, _native

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


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "note").write_text("buy tea")
    (tmp_path / "picture").write_bytes(b"\xff")
    return tmp_path


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


def test_each_failure_has_a_class_of_its_own(folder):
    with pytest.raises(NotFound) as caught:
        asyncio.run(relay.read(folder, "letter"))
    assert (str(caught.value), caught.value.__cause__) == ("no document letter", None)
    with pytest.raises(Unreadable) as caught:
        asyncio.run(relay.read(folder, "picture"))
    assert str(caught.value) == "picture is not readable"
    assert asyncio.run(relay.read(folder, "note")) == "buy tea"


def test_one_handler_catches_both(folder):
    assert (NotFound.__bases__, Unreadable.__bases__) == ((DocumentError,), (DocumentError,))
    for name in ("letter", "picture"):
        with pytest.raises(DocumentError):
            asyncio.run(relay.read(folder, name))


def test_the_error_of_the_system_is_the_cause(folder):
    with pytest.raises(Unreadable) as caught:
        asyncio.run(relay.read(folder, "picture"))
    cause = caught.value.__cause__
    assert (type(cause), str(cause)) == (OSError, "stream did not contain valid UTF-8")


def test_an_exception_whose_module_has_its_class_can_be_pickled():
    error = pickle.loads(pickle.dumps(NotFound("no document letter")))
    assert (type(error), error.args) == (NotFound, ("no document letter",))


@pytest.mark.skipif(BEFORE_GROUPS, reason="exception groups are new in Python 3.11")
def test_a_group_holds_every_error(folder):
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(relay.read_all(folder, ["letter", "note", "picture"]))
    missing, others = caught.value.split(NotFound)
    assert [str(error) for error in missing.exceptions] == ["no document letter"]
    (unreadable,) = others.exceptions
    assert type(unreadable) is Unreadable
    assert type(unreadable.__cause__) is OSError


@pytest.mark.skipif(not BEFORE_GROUPS, reason="from Python 3.11 on there are groups")
def test_before_python_3_11_the_first_error_stands_for_all(folder):
    with pytest.raises(NotFound) as caught:
        asyncio.run(relay.read_all(folder, ["letter", "note", "picture"]))
    assert str(caught.value) == "no document letter"


def test_without_an_error_all_texts_arrive(folder):
    assert asyncio.run(relay.read_all(folder, ["note", "note"])) == ["buy tea", "buy tea"]


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
