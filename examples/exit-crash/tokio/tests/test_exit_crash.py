"""Which exits crash, and what each remedy changes, a test for each sentence.

Up to CPython 3.13 a thread that asks for the interpreter while Python finalizes is ended; from
3.14 on it hangs. `REMEDY_EXITS` is the number of exits of each remedy to try (6 unless set).
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE))
import remedies  # noqa: E402
import stack  # noqa: E402

EXITS = int(os.environ.get("REMEDY_EXITS", "6"))
ENDS_THREADS = sys.version_info < (3, 14)
# Without the process that looks on.
CRASH = re.sub("if len.*?\n\n", "", (HERE / "crash.py").read_text(), flags=re.DOTALL)


def crashes(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120)
    assert run.stdout == b"the work is done\n", run.stderr
    assert run.returncode <= 0, run.stderr
    return run.returncode < 0


def with_lines(before="", after="", sleep="exits.rust_sleep"):
    """The program of the page with other lines around its await."""
    imports = f"import atexit\nimport exits\n{before}\n"
    program = CRASH.replace("from exits import rust_sleep\n", imports)
    program = program.replace("rust_sleep(0)", f"{sleep}(0)")
    return program.replace("print(", f"{after}\nprint(", 1)


def test_a_delivery_that_comes_back_while_python_finalizes_crashes_up_to_3_13():
    assert crashes(CRASH) == ENDS_THREADS


@pytest.mark.skipif(not ENDS_THREADS, reason="CPython 3.14 ends no thread")
def test_the_message_if_there_is_one_is_about_the_thread_state():
    run = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, timeout=120)
    first = run.stderr.decode().partition("\n")[0]
    said = "Fatal Python error: Py(GILState_Release|ThreadState_Get): |FATAL: exception not rethrown|$"
    assert re.match(said, first), first


def test_a_sleep_does_not_help_a_delivery_that_takes_longer():
    assert crashes(with_lines(after="time.sleep(0.1)")) == ENDS_THREADS


def test_a_barrier_on_another_thread_waits_for_no_delivery():
    assert crashes(with_lines(before="atexit.register(exits._native.barrier)")) == ENDS_THREADS


def test_a_delivery_that_outlasts_the_bound_of_the_shutdown_crashes():
    program = with_lines(
        before="atexit.register(exits._native.shut_down, 0.1)", sleep="exits.owned_sleep"
    )
    assert crashes(program) == ENDS_THREADS


def test_a_delivery_that_outlasts_the_bound_of_the_stop_crashes_as_well():
    assert crashes(with_lines(before="exits._native.stop_at_exit()")) == ENDS_THREADS


# A call on a worker, inside `block_in_place`, returns when somebody writes to stdin.
IN_PLACE = """
import os
import threading

import exits

exits._native.stop_at_exit()
inside = threading.Event()
gate = threading.Lock()
gate.acquire()


def call():
    inside.set()
    gate.acquire()
    print("the call returns", flush=True)


def open_gate():
    if os.read(0, 1):
        gate.release()


threading.Thread(target=open_gate, daemon=True).start()
exits._native.call_in_place(call)
inside.wait()
print("the work is done", flush=True)
"""


def test_the_stop_waits_for_block_in_place():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = subprocess.Popen([sys.executable, "-c", IN_PLACE], text=True, **pipes)
    try:
        assert run.stdout.readline() == "the work is done\n"
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(timeout=0.5)
        assert run.communicate("x", timeout=120) == ("the call returns\n", "")
    finally:
        run.kill()
    assert run.returncode == 0


BLOCKED = """
import exits
exits._native.stop_at_exit()
exits._native.block_forever()
"""


def test_the_stop_waits_five_seconds_for_a_job_that_does_not_return():
    begun = time.monotonic()
    run = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, timeout=120)
    assert (run.returncode, run.stderr) == (0, b"")
    assert time.monotonic() - begun > 4.5


def test_a_second_stop_has_nothing_to_do():
    stop = "exits._native.stop_at_exit()"
    program = f"import asyncio, exits; {stop}; {stop}; asyncio.run(exits.rust_sleep(0))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120)
    assert (run.returncode, run.stderr) == (0, b"")


# The delivery needs the GIL again, and only the shutdown releases it.
SHUT_DOWN = """
sys.setswitchinterval(1000)
gate.release()
start = time.monotonic()
exits._native.shut_down(20)
print(time.monotonic() - start < 10, flush=True)
loop.close()
"""


def test_the_shutdown_lets_go_of_the_interpreter_so_the_delivery_can_end():
    held = with_lines(sleep="exits.owned_sleep").split("# Python drops", 1)[0]
    held = held.replace("Loop().run", "loop = Loop()\nloop.run")
    run = subprocess.run([sys.executable, "-c", held + SHUT_DOWN], capture_output=True, timeout=120)
    assert run.stdout.decode().splitlines() == ["the work is done", "True"], run.stderr
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_worker_that_wakes_an_async_fn_of_pyo3_crashes_as_well():
    # The loop polls it at once, a second before the worker wakes the loop.
    program = with_lines(sleep="exits._native.woken_sleep").replace("woken_sleep(0)", "woken_sleep(1)")
    assert crashes(program) == ENDS_THREADS


def start_too_late(*arguments):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "too_late.py", *arguments], cwd=HERE, text=True, **pipes)


def too_late(*arguments):
    run = start_too_late(*arguments)
    try:
        out, error = run.communicate(timeout=120)
    finally:
        run.kill()
    return run.returncode, out.splitlines(), error


def test_the_first_thread_to_attach_panics_if_python_finalizes():
    code, out, error = too_late()
    assert (code, out) == (0, [])
    said = "The Python interpreter is not initialized and the `auto-initialize` feature is not enabled."
    assert "panicked at" in error and said in error


def test_a_later_thread_to_attach_hangs_if_python_finalizes():
    run = start_too_late("before")
    try:
        assert run.stdout.readline() == "attached\n"
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(timeout=3)
    finally:
        run.kill()
    assert run.communicate() == ("", "")


@pytest.mark.parametrize("before, said", [([], ["None"]), (["before"], ['Some("attached")', "None"])])
def test_try_attach_returns_none_if_python_finalizes(before, said):
    assert too_late("try", *before) == (0, said, "")


def test_os_exit_ends_without_finalizing():
    assert not crashes(with_lines(after="import os; atexit.register(os._exit, 0)"))


# The future is pending when the loop is closed; its traceback is still being shown at the end.
PENDING = """
import asyncio
import sys
import threading
import time

from exits import _native

closed = threading.Event()
reporting = threading.Event()
gate = threading.Lock()
gate.acquire()


class Loop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, *callback, **context):
        closed.wait()
        return super().call_soon_threadsafe(*callback, **context)


def hook(kind, error, traceback):
    print(error, flush=True)
    reporting.set()
    gate.acquire()


class AtFinalization:
    def __del__(self, come_back=gate.release, sleep=time.sleep):
        come_back()
        sleep(5)


async def main():
    _native.rust_sleep(0)


sys.excepthook = hook
loop = Loop()
loop.run_until_complete(main())
loop.close()
closed.set()
reporting.wait()
sys.modules["last"] = AtFinalization()
"""


def test_a_result_for_a_closed_loop_is_reported_and_can_crash_the_exit_as_well():
    run = subprocess.run([sys.executable, "-c", PENDING], capture_output=True, timeout=120)
    assert run.stdout == b"Event loop is closed\n", run.stderr
    assert (run.returncode < 0) == ENDS_THREADS, run.stderr


# A thread that Python does not wait for is in Rust, which is calling a method of the loop: to get a future,
# or when the result is there.
DAEMON = """
import asyncio
import sys
import threading
import time

import exits

begun = False
calling = threading.Event()
gate = threading.Lock()
gate.acquire()


class Loop(asyncio.SelectorEventLoop):
    def {method}(self, *arguments, **options):
        if begun:
            calling.set()
            gate.acquire()
        return super().{method}(*arguments, **options)


class AtFinalization:
    def __del__(self, come_back=gate.release, sleep=time.sleep):
        come_back()
        sleep(5)


async def main():
    global begun
    begun = True
    await {call}


threading.Thread(target=Loop().run_until_complete, args=(main(),), daemon=True).start()
calling.wait()
print("the work is done", flush=True)
sys.modules["last"] = AtFinalization()
"""


METHODS = ["create_future", "call_soon"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("call", ["exits.rust_sleep(0)", "exits._native.counted_sleep(0)"])
def test_a_daemon_thread_that_is_in_rust_crashes_the_exit_up_to_3_13(call, method):
    assert crashes(DAEMON.format(call=call, method=method)) == ENDS_THREADS


@pytest.mark.parametrize("method", METHODS)
def test_a_daemon_thread_that_is_in_python_does_not(method):
    assert not crashes(DAEMON.format(call="asyncio.sleep(0.01)", method=method))


# While a delivery is held up: does other blocking work wait for it?
WORK = """
work = threading.Thread(target=exits._native.barrier)
work.start()
work.join({seconds})
print("behind it" if work.is_alive() else "beside it", flush=True)
gate.release()
work.join()
"""


@pytest.mark.parametrize(
    "before, seconds, place",
    [("", 60, "beside it"), ("exits._native.deliver_on_one_thread()", 3, "behind it")],
    ids=["threads for all", "one thread"],
)
def test_with_one_delivery_thread_blocking_work_waits_behind_deliveries(before, seconds, place):
    held = with_lines(before=before).split("# Python drops", 1)[0]
    # What ends the program has no part in this test.
    program = held + WORK.format(seconds=seconds) + "import os; os._exit(0)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120)
    assert run.stdout.decode().splitlines() == ["the work is done", place], run.stderr


@pytest.mark.skipif(not ENDS_THREADS, reason="CPython 3.14 ends no thread")
@pytest.mark.skipif(shutil.which("gdb") is None, reason="needs gdb")
def test_a_debugger_shows_the_thread_being_ended_inside_the_delivery():
    try:
        seen = stack.look()
    except RuntimeError as error:
        if "ptrace: Operation not permitted" not in str(error):
            raise
        pytest.skip("needs gdb that may stop it")
    assert seen == stack.KEPT.read_text()


CLEAN = [
    "os._exit",
    "barrier, one delivery thread",
    "a runtime shut down at exit",
    "deliveries that hold a lock",
    "the runtime stopped at exit",
]


@pytest.mark.parametrize("remedy", CLEAN)
def test_no_exit_of_a_true_remedy_crashes(remedy):
    assert remedies.measure(remedy, EXITS) == 0


@pytest.mark.parametrize("remedy", ["nothing", "a barrier at exit"])
def test_of_many_exits_some_crash_up_to_3_13(remedy):
    crashed = remedies.measure(remedy, EXITS)
    # Few exits may be lucky; that all are, is out of the question when they are many.
    assert crashed == 0 if not ENDS_THREADS else crashed > 0 or EXITS < 60


def test_the_results_are_of_these_programs():
    results = remedies.json.loads(remedies.RESULTS.read_text())
    for python, row in results.items():
        # A remedy that came later was not counted on each Python: the table shows which.
        assert {"nothing"} <= set(row) <= set(remedies.PROGRAMS), python
        assert {exits for _, exits in row.values()} <= {100, 200}, python
