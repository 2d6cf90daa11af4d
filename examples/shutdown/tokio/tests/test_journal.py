"""What the guide says of closing and of the end of Python, a test for each sentence."""

import asyncio
import os
import subprocess
import sys
import threading
import time
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
                journal.write(f"line {number}")
        assert len((tmp_path / "lines").read_text().splitlines()) == 10_000

    asyncio.run(main())


def test_an_error_in_the_block_closes_the_journal_and_goes_on(tmp_path):
    async def main():
        with pytest.raises(KeyError, match="^'no such'$"):
            async with Journal(str(tmp_path / "lines")) as journal:
                journal.write("one line")
                raise KeyError("no such")
        assert (tmp_path / "lines").read_text() == "one line\n"

    asyncio.run(main())


def test_a_closed_journal_takes_no_line_and_can_be_closed_again(tmp_path):
    async def main():
        journal = Journal(str(tmp_path / "lines"))
        await journal.close()
        await journal.close()
        with pytest.raises(ValueError) as caught:
            journal.write("too late")
        assert str(caught.value) == "the journal is closed"

    asyncio.run(main())


def test_a_close_that_is_cancelled_can_be_waited_for_again(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    lines = []

    async def main():
        journal = Journal(pipe)
        journal.write("one line")
        # Nobody reads yet, so Rust cannot write.
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


def test_an_error_of_the_file_arrives_at_close(tmp_path):
    with pytest.raises(FileNotFoundError):
        asyncio.run(Journal(str(tmp_path / "no" / "such" / "folder")).close())


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
    mistake = "        journal.close()  # The mistake: nobody awaits it.\n"
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
            "asyncio.run cancels the task that is left",
            "asyncio.run has returned; is the loop closed? True",
            "the last line of the script",
            "Python waits for a thread that is no daemon",
            "atexit: what was registered after it; stop_deliveries is next",
            "atexit: what was registered before the import of the module",
            "the modules go; is Python finalizing? True",
        ],
        [],
    )


# The delivery of this program lets go of the interpreter until a line comes to its stdin.
GATE = """
import asyncio, atexit, os, sys, threading
{before}
import journal
main_thread = threading.get_ident()
delivering = threading.Event()
gate = threading.Lock()
gate.acquire()

class Loop(asyncio.SelectorEventLoop):
    def _write_to_self(self):
        super()._write_to_self()
        if threading.get_ident() != main_thread:
            delivering.set()
            gate.acquire()

def open_gate():
    sys.stdin.readline()
    gate.release()

threading.Thread(target=open_gate, daemon=True).start()
loop = Loop()
loop.run_until_complete(journal.Journal(os.devnull).close())
delivering.wait()
loop.close()
{after}
"""


def test_the_exit_waits_for_a_delivery_under_way():
    before = 'atexit.register(print, "stop_deliveries is over", flush=True)'
    after = 'atexit.register(print, "stop_deliveries begins", flush=True)'
    run = start(["-c", GATE.format(before=before, after=after)])
    assert run.stdout.readline() == "stop_deliveries begins\n"
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(timeout=0.5)
    out, error = run.communicate("open\n", timeout=120)
    assert (run.returncode, out, error) == (0, "stop_deliveries is over\n", "")


FORK = """
child = os.fork()
if child == 0:
    sys.exit()
print(child, flush=True)
"""


def is_there(child):
    """Signal 0 only asks. A zombie would answer too."""
    os.kill(child, 0)
    stat = Path(f"/proc/{child}/stat")
    return not stat.exists() or stat.read_text().split(") ")[1][0] != "Z"


def test_a_forked_child_of_a_delivering_parent_does_not_end_by_itself():
    run = start(["-c", GATE.format(before="", after=FORK)])
    child = int(run.stdout.readline())
    time.sleep(0.5)
    assert is_there(child)
    os.kill(child, 9)
    _, error = run.communicate("open\n", timeout=120)
    assert run.returncode == 0, error


AT_EXIT = """
import asyncio, atexit, os

async def ask():
    await asyncio.wait_for(journal.Journal(os.devnull).close(), {seconds})

def flush():
    try:
        asyncio.run(ask())
        print("flushed")
    except asyncio.TimeoutError:
        print("no answer")

{register}
"""


def test_an_atexit_function_from_after_the_import_can_await():
    register = "import journal; atexit.register(flush)"
    program = AT_EXIT.format(seconds=3600, register=register)
    assert ended(["-c", program]) == (0, ["flushed"], [])


def test_an_atexit_function_from_before_the_import_waits_for_ever():
    register = "atexit.register(flush); import journal"
    program = AT_EXIT.format(seconds=1, register=register)
    assert ended(["-c", program]) == (0, ["no answer"], [])


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
