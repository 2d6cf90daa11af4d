"""What the guide says of closing and of the end of Python, a test for each sentence."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from journal import Journal, _native

HERE = Path(__file__).parent.parent


def start(program, **more):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *program], text=True, cwd=HERE, **pipes, **more)


def ended(program):
    run = start(program)
    out, error = run.communicate(timeout=120)
    return run.returncode, out.splitlines(), error.splitlines()


def test_the_block_ends_when_all_lines_are_in_the_file(tmp_path):
    async def main():
        async with Journal(str(tmp_path / "lines")) as journal:
            for number in range(10_000):
                await journal.write(f"line {number}")
        assert len((tmp_path / "lines").read_text().splitlines()) == 10_000

    asyncio.run(main())


def test_an_error_in_the_block_closes_the_journal_and_goes_on(tmp_path):
    async def main():
        with pytest.raises(KeyError, match="^'no such'$"):
            async with Journal(str(tmp_path / "lines")) as journal:
                await journal.write("one line")
                raise KeyError("no such")
        assert (tmp_path / "lines").read_text() == "one line\n"

    asyncio.run(main())


def test_a_closed_journal_takes_no_line_and_can_be_closed_again(tmp_path):
    async def main():
        journal = Journal(str(tmp_path / "lines"))
        await journal.close()
        await journal.close()
        with pytest.raises(ValueError) as caught:
            await journal.write("too late")
        assert str(caught.value) == "the journal is closed"

    asyncio.run(main())


def test_a_close_that_is_cancelled_can_be_waited_for_again(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    lines = []

    async def main():
        journal = Journal(pipe)
        await journal.write("one line")
        # The pipe has no reader yet, so Rust cannot write.
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(journal.close(), 0.1)
        reader = threading.Thread(target=lambda: lines.extend(open(pipe)))
        reader.start()
        await journal.close()
        reader.join()

    asyncio.run(main())
    assert lines == ["one line\n"]


def test_without_close_the_lines_are_still_in_the_buffer(tmp_path):
    code, out, error = ended(["closed.py"])
    assert (code, error) == (0, [])
    assert out == ["without close: 0 of 100 lines", "with async with: 100 of 100 lines"]


def test_a_write_waits_while_a_thousand_lines_wait_for_the_file(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    lines = []

    async def main():
        journal = Journal(pipe)
        # The pipe has no reader yet, so Rust cannot write.
        for number in range(1000):
            await journal.write(str(number))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(journal.write("no room"), 0.1)
        reader = threading.Thread(target=lambda: lines.extend(open(pipe)))
        reader.start()
        await journal.write("1000")
        await journal.close()
        reader.join()

    asyncio.run(main())
    assert [int(line) for line in lines] == list(range(1001))


def test_an_error_of_the_file_arrives_at_close(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file or directory"):
        asyncio.run(Journal(str(tmp_path / "no" / "such" / "folder")).close())


def test_an_error_of_the_file_arrives_at_a_write_that_comes_later(tmp_path):
    async def main():
        journal = Journal(str(tmp_path / "no" / "such" / "folder"))
        with pytest.raises(FileNotFoundError, match="No such file or directory"):
            for _ in range(2000):  # Some are taken before Rust has found out.
                await journal.write("one line")
        with pytest.raises(ValueError, match="^the journal is closed$"):
            await journal.write("one more")
        await journal.close()

    asyncio.run(main())


def test_a_result_that_comes_after_the_loop_is_closed_is_printed_and_lost():
    code, out, error = ended(["late.py"])
    assert out == ["asyncio.run has returned"]
    assert error[-2:] == ["RuntimeError: Event loop is closed", "written: one line"]
    assert code == 1


IN_A_GROUP = """
        async with asyncio.TaskGroup() as group:
            try:
                group.create_task(journal.close())
            except TypeError as error:
                print(str(error).split(",")[0], flush=True)
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.TaskGroup is new in Python 3.11")
def test_a_future_that_a_task_group_refused_is_lost_in_the_same_way():
    late = (HERE / "late.py").read_text()
    mistake = "        journal.close()  # The mistake: it is not awaited.\n"
    assert mistake in late
    code, out, error = ended(["-c", late.replace(mistake, IN_A_GROUP)])
    assert out == ["a coroutine was expected", "asyncio.run has returned"]
    assert error[-2:] == ["RuntimeError: Event loop is closed", "written: one line"]
    assert code == 1


def test_the_end_comes_in_this_order():
    assert ended(["timeline.py"]) == (
        0,
        [
            "main returns",
            "asyncio.run cancels the remaining task",
            "asyncio.run has returned; is the loop closed? True",
            "the last line of the script",
            "Python waits for a non-daemon thread",
            "atexit: registered after the import",
            "atexit: registered before the import of the module",
            "the modules are cleared; is Python finalizing? True",
        ],
        [],
    )


AT_EXIT = """
import asyncio, atexit, os

def close():
    asyncio.run(asyncio.wait_for(keep.close(), 30))
    print("closed")

{register}
keep = journal.Journal(os.devnull)
"""


@pytest.mark.parametrize(
    "register",
    ["atexit.register(close); import journal", "import journal; atexit.register(close)"],
    ids=["before the import", "after the import"],
)
def test_an_atexit_function_can_close_the_journal(register):
    assert ended(["-c", AT_EXIT.format(register=register)]) == (0, ["closed"], [])


LOOP_IN_A_THREAD = """
import asyncio, journal, os, threading

async def main():
    threading.main_thread().join()
    await journal.Journal(os.devnull).close()
    print("closed after the last line of the main thread")

threading.Thread(target=asyncio.run, args=(main(),)).start()
"""


def test_a_loop_in_a_thread_of_its_own_gets_its_results_before_the_exit():
    out = ["closed after the last line of the main thread"]
    assert ended(["-c", LOOP_IN_A_THREAD]) == (0, out, [])


def test_the_raw_close_is_an_asyncio_future(tmp_path):
    async def main():
        future = _native.Journal(str(tmp_path / "lines")).close()
        assert isinstance(future, asyncio.Future)
        await future

    asyncio.run(main())
