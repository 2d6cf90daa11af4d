"""Which log calls hang, and which events are lost, a test for each sentence."""

import subprocess
import sys
import sysconfig

import pytest

# Without it nothing waits for it.
NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")

# Python releases the GIL only where it waits: so what hangs always hangs.
COMMON = """
import asyncio, faulthandler, logging, sys, threading
from pathlib import Path
from logging_mistakes import _native
faulthandler.dump_traceback_later(100, exit=True)
sys.setswitchinterval(100)
"""


def run(program, folder=None):
    return subprocess.run(
        [sys.executable, "-c", COMMON + program],
        capture_output=True,
        text=True,
        timeout=150,
        cwd=folder,
    )


def stacks_of_hang(program, call):
    """The lines of the program that its threads are in, when the call has not returned for three seconds."""
    program = program.replace(call, f"faulthandler.dump_traceback_later(3, exit=True); {call}")
    ended = run(program)
    dump = ended.stderr.splitlines()
    assert (ended.returncode, dump[:1]) == (1, ["Timeout (0:00:03)!"]), ended.stderr
    lines = (COMMON + program).splitlines()
    # "  File "<string>", line 7 in main", or a file of the standard library.
    numbers = [int(line.split()[3]) for line in dump if 'File "<string>"' in line]
    return [lines[number - 1].strip() for number in numbers]


def printed(program, folder=None):
    ended = run(program, folder)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


TAKE = """
logging_now, go_on = threading.Event(), threading.Event()

class Slow(logging.Handler):
    def emit(self, record):
        logging_now.set()
        go_on.wait()

logging.basicConfig(level=logging.INFO, handlers=[Slow()])

async def main():
    stock = _native.Stock(10)
    taking = stock.take_locked(3)
    logging_now.wait()
    go_on.set(); left = stock.{left}()
    print(left)
    print(await taking)

asyncio.run(main())
"""


@NEEDS_GIL
def test_a_log_call_under_a_lock_hangs_while_another_thread_keeps_the_gil_and_waits_for_the_lock():
    call = "go_on.set(); left = stock.left()"
    log_call, *main_thread = stacks_of_hang(TAKE.format(left="left"), call)
    assert log_call == "go_on.wait()"
    assert [line.rpartition("; ")[2] for line in main_thread] == ["left = stock.left()", "asyncio.run(main())"]


def test_lock_py_attached_waits_without_the_gil_and_lets_the_log_call_return():
    assert printed(TAKE.format(left="left_detached")) == ["7", "7"]


CACHED = """
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")

async def main():
    await _native.Stock(1).take_locked(1)

asyncio.run(main())
"""


@NEEDS_GIL
def test_the_first_call_needs_the_gil_even_if_its_level_is_off():
    [line] = stacks_of_hang("_native.debug_attached(1)", "_native.debug_attached(1)")
    assert line.endswith("; _native.debug_attached(1)")


def test_once_the_level_is_cached_a_thousand_calls_below_it_need_no_gil():
    assert printed(CACHED + "print(_native.debug_attached(1000))") == ["taken count=1", "True"]


PACK = """
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)

async def main():
    await _native.Stock(10).take_locked(1)
    await _native.{pack}(7, "7.log")
    await _native.Stock(10).take_locked(2)

asyncio.run(main())
"""


def packed(how, folder):
    """What Python's logging got, and what the file has."""
    lines = printed(PACK.format(pack=how), folder)
    return lines, [line.rpartition(": ")[2] for line in (folder / "7.log").read_text().splitlines()]


def test_the_subscriber_of_a_thread_gets_nothing_of_the_future(tmp_path):
    assert packed("pack_lost", tmp_path)[1] == ["packing order=7"]


def test_with_current_subscriber_takes_it_along(tmp_path):
    assert packed("pack_kept", tmp_path)[1] == ["packing order=7", "packed order=7"]


def test_with_subscriber_gives_the_future_one_of_its_own(tmp_path):
    assert packed("pack_with", tmp_path)[1] == ["packed order=7"]


@pytest.mark.parametrize("how", ["pack_lost", "pack_kept", "pack_with"])
def test_once_any_subscriber_was_set_pyo3_log_gets_no_event_any_more(tmp_path, how):
    assert packed(how, tmp_path)[0] == ["taken count=1"]
