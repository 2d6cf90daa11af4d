"""What `src/runtime.rs` promises: an exit of Python at the worst moment, forks, and no thread unasked."""

import os
import subprocess
import sys
import time

import pytest

# Up to CPython 3.13, a thread that asks for the GIL while Python finalizes is ended; from 3.14 on it hangs.
ENDS_THREADS = sys.version_info < (3, 14)
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def start(program):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", program], text=True, **pipes)


def ended(run, written=None):
    """The exit code of a program, the lines that it printed, and what it wrote to stderr."""
    try:
        out, error = run.communicate(written, timeout=60)
    finally:
        run.kill()
    return run.returncode, out.splitlines(), error


def printed(program):
    code, out, error = ended(start(program))
    assert (code, error) == (0, ""), (code, error)
    return out


# The delivery of this program is inside Python, without the GIL, until a line is written to stdin.
HELD = """
import asyncio, atexit, os, sys, threading, time
{first}
import sleeper
{then}

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
            print("delivered", flush=True)

def open_gate():
    if os.read(0, 1):
        gate.release()

threading.Thread(target=open_gate, daemon=True).start()
loop = Loop()
loop.run_until_complete(sleeper.rust_sleep(0))
delivering.wait()
{last}
print("the work is done", flush=True)
"""

# The gate opens when Python drops its modules, which is while it finalizes.
AT_FINALIZATION = """
class AtFinalization:
    def __del__(self, open_gate=gate.release, sleep=time.sleep):
        open_gate()
        sleep(5)

sys.modules["last"] = AtFinalization()
"""


def held(first="", then="", last=""):
    run = start(HELD.format(first=first, then=then, last=last))
    assert run.stdout.readline() == "the work is done\n", ended(run)
    return run


def waits(run):
    try:
        run.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return True
    return False


def test_the_exit_waits_for_a_delivery_that_is_inside_python():
    run = held()
    assert waits(run)
    assert ended(run, "x") == (0, ["delivered"], "")


# `atexit` drops what it was given before anything has used the runtime, so nothing is stopped at exit.
def test_without_the_stop_a_delivery_that_is_inside_python_crashes_the_exit_up_to_3_13():
    code, out, error = ended(held(then="atexit._clear()", last=AT_FINALIZATION))
    assert (code < 0, out) == (ENDS_THREADS, []), (code, error)


def test_the_exit_waits_five_seconds_for_a_delivery_that_does_not_return():
    run = held()
    start = time.monotonic()
    assert ended(run) == (0, [], "")
    assert 4.5 < time.monotonic() - start


IN_A_CHILD = """
import sleeper
child = os.fork()
if child:
    code = os.waitpid(child, 0)[1]
    os._exit(code & 127 or code >> 8)
"""


@FORKS
def test_a_child_that_is_forked_before_the_first_await_waits_for_its_delivery_as_well():
    run = held(first=IN_A_CHILD)
    assert waits(run)
    assert ended(run, "x") == (0, ["delivered"], "")


# The gate is closed in the child too, and is never opened there.
WITH_A_CHILD = """
begun = time.monotonic()
child = os.fork()
if child == 0:
    sys.exit()
print(os.waitpid(child, 0)[1], flush=True)
assert time.monotonic() - begun < 4.5, "the child has waited"
"""


@FORKS
def test_a_child_that_is_forked_during_a_delivery_waits_for_no_thread_of_its_parent():
    run = start(HELD.format(first="", then="", last=WITH_A_CHILD))
    assert run.stdout.readline() == "0\n", ended(run)
    assert run.stdout.readline() == "the work is done\n", ended(run)
    assert ended(run, "x") == (0, ["delivered"], "")


AWAITS_AT_EXIT = """
import asyncio, atexit

def last():
    {import_here}
    asyncio.run(asyncio.wait_for(sleeper.rust_sleep(0), 30))
    print("awaited")

{register}
"""
IMPORTS = {
    "before the import": ("", "atexit.register(last); import sleeper"),
    "after the import": ("", "import sleeper; atexit.register(last)"),
    "and imports": ("import sleeper", "atexit.register(last)"),
}


@pytest.mark.parametrize("import_here, register", IMPORTS.values(), ids=IMPORTS)
@pytest.mark.parametrize("before", ["", "asyncio.run(sleeper.rust_sleep(0))"], ids=["first await", "later await"])
def test_an_atexit_function_can_await_wherever_it_was_registered(import_here, register, before):
    if import_here and before:
        before = "import sleeper; " + before
    program = AWAITS_AT_EXIT.format(import_here=import_here, register=register)
    assert printed(program + before) == ["awaited"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_an_import_that_never_awaits_starts_no_thread_not_even_at_exit():
    assert printed("""
import atexit, os

class Threads:
    def __call__(self):
        print(len(os.listdir("/proc/self/task")))

    def __del__(self, listdir=os.listdir):
        print(len(listdir("/proc/self/task")))

# One of the two is dropped after the stop.
atexit.register(Threads())
import sleeper
atexit.register(Threads())
""") == ["1", "1", "1", "1"]


def test_after_the_exit_functions_were_run_by_hand_python_ends_as_well():
    assert printed("""
import asyncio, atexit, sleeper
asyncio.run(sleeper.rust_sleep(0))
atexit._run_exitfuncs()
print("stopped")
""") == ["stopped"]
