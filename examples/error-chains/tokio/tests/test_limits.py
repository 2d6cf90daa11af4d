"""What Python sees of an error of anyhow, a test for each sentence."""

import asyncio
import os
import subprocess
import sys

import limits
import pytest

# The words are the system's.
NO_FILE = {"win32": "The system cannot find the file specified."}.get(sys.platform, "No such file or directory")
NO_FILE += " (os error 2)"
READS = pytest.mark.parametrize("read", [limits.limit, limits.limit_with_causes])
NEEDS_GROUPS = pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup is new in Python 3.11")


@pytest.fixture(autouse=True)
def without_a_backtrace(monkeypatch):
    # anyhow reads them at the first error.
    monkeypatch.delenv("RUST_BACKTRACE", raising=False)
    monkeypatch.delenv("RUST_LIB_BACKTRACE", raising=False)


def raised(awaitable):
    async def main():
        try:
            await awaitable
        except BaseException as error:
            return error

    return asyncio.run(main())


def causes(error):
    """The classes and texts of an exception and of the causes behind it."""
    found = []
    while error is not None:
        found.append((type(error), str(error)))
        error = error.__cause__
    return found


async def failing(error):
    raise error


@READS
def test_without_an_error_the_limit_arrives(read, tmp_path):
    (tmp_path / "4711.limit").write_text("50000\n")
    assert asyncio.run(read(tmp_path / "4711.limit")) == 50000


def test_pyo3_makes_a_runtime_error_with_the_chain_in_its_text(tmp_path):
    missing = tmp_path / "4711.limit"
    assert causes(raised(limits.limit(missing))) == [
        (RuntimeError, f"no limits in {missing}\n\nCaused by:\n    {NO_FILE}")
    ]


def test_with_causes_each_error_of_the_chain_is_the_cause_of_the_one_before(tmp_path):
    missing = tmp_path / "4711.limit"
    error = raised(limits.limit_with_causes(missing))
    assert causes(error) == [
        (RuntimeError, f"no limits in {missing}"),
        (FileNotFoundError, NO_FILE),
    ]
    assert (error.__cause__.errno, error.__cause__.filename) == (None, None)
    missing.write_text("many")
    assert causes(raised(limits.limit_with_causes(missing))) == [
        (RuntimeError, f"the limit in {missing} is no number"),
        (RuntimeError, "invalid digit found in string"),
    ]


def test_the_exception_of_python_is_the_cause_with_its_own_cause():
    error = LookupError("no telephone")
    error.__cause__ = OSError("no line")
    caught = raised(limits.confirm_with_causes(failing(error)))
    assert (type(caught), str(caught)) == (RuntimeError, "the customer gave no answer")
    assert caught.__cause__ is error
    assert repr(error.__cause__) == "OSError('no line')"


def test_under_a_context_pyo3_keeps_the_text_of_a_python_exception_alone():
    caught = raised(limits.confirm(failing(LookupError("no telephone"))))
    assert causes(caught) == [
        (RuntimeError, "the customer gave no answer\n\nCaused by:\n    LookupError: no telephone")
    ]


def cancelled(confirm):
    async def main():
        question = asyncio.ensure_future(asyncio.sleep(3600))
        answer = asyncio.ensure_future(confirm(question))
        question.cancel()
        await asyncio.wait([answer])
        return answer

    return asyncio.run(main())


def test_under_a_context_pyo3_makes_a_runtime_error_of_a_cancellation():
    answer = cancelled(limits.confirm)
    assert not answer.cancelled()
    assert causes(answer.exception()) == [
        (RuntimeError, "the customer gave no answer\n\nCaused by:\n    CancelledError: ")
    ]


def test_with_causes_a_cancellation_stays_one():
    assert cancelled(limits.confirm_with_causes).cancelled()


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()], ids=lambda error: type(error).__name__
)
def test_with_causes_what_is_no_exception_comes_back_as_the_same_object(error):
    async def main():
        # A future: asyncio raises Ctrl-C and an exit that end a task in the event loop, too.
        ended = asyncio.get_running_loop().create_future()
        ended.set_exception(error)
        try:
            await limits.confirm_with_causes(ended)
        except BaseException as caught:
            return caught

    assert asyncio.run(main()) is error
    assert error.__cause__ is None


@NEEDS_GROUPS
@pytest.mark.parametrize("confirm, fails", [(limits.confirm, True), (limits.confirm_with_causes, False)])
def test_a_task_group_fails_when_a_cancellation_has_become_a_runtime_error(confirm, fails):
    async def main():
        question = asyncio.ensure_future(asyncio.sleep(3600))
        async with asyncio.TaskGroup() as group:
            group.create_task(confirm(question))
            question.cancel()

    if fails:
        with pytest.raises(ExceptionGroup) as caught:
            asyncio.run(main())
        (error,) = caught.value.exceptions
        assert type(error) is RuntimeError
    else:
        asyncio.run(main())


TEXT = """
import asyncio, limits

async def main():
    for read in (limits.limit, limits.limit_with_causes):
        try:
            await read("no such file")
        except RuntimeError as error:
            print("Stack backtrace:" in str(error), "limit_in" in str(error))

asyncio.run(main())
"""


@pytest.mark.parametrize("variable", ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE"])
def test_with_rust_backtrace_the_text_holds_the_frames_of_rust(variable):
    environment = {**os.environ, variable: "1"}
    run = subprocess.run(
        [sys.executable, "-c", TEXT], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, "True True\nFalse False\n"), run.stderr
