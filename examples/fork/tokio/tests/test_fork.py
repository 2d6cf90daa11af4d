"""What the guide says of forked processes, a test for each sentence.

`FORKS` is the number of forks in a row to try (6 unless set).
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from counting import _native, count

FORKS = int(os.environ.get("FORKS", "6"))
HERE = Path(__file__).parent.parent
GUARD = (
    "this process was forked after its parent had used tokio: "
    "fork before the first await, or start processes with spawn or forkserver"
)

# `fork(program)` gives the exit code of a child that runs it. A child that hangs beyond
# Python's reach, in a lock, is ended by the alarm, with the code -14. The alarm is set before
# the module's own hook runs.
COMMON = """
import asyncio, multiprocessing, os, signal, sys, threading, time, warnings
os.register_at_fork(after_in_child=lambda: signal.alarm(30))
from counting import _native, count

def fork(program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        sys.exit(program())
    status = os.waitpid(child, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

def awaits(function, seconds=20):
    async def main():
        return await asyncio.wait_for(function(os.devnull), seconds)
    return asyncio.run(main())

def in_vain(function):
    try:
        awaits(function, 1)
    except asyncio.TimeoutError:
        return 7
"""


def start(program, *options):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *options, *program], text=True, cwd=HERE, **pipes)


def ended(program, *options):
    run = start(program, *options)
    try:
        out, error = run.communicate(timeout=60 + 2 * FORKS)
    finally:
        run.kill()
    return run.returncode, out.splitlines(), error.splitlines()


def printed(program):
    code, out, error = ended(["-c", COMMON + program])
    assert (code, error) == (0, []), error
    return out


# A file, since multiprocessing imports the script anew.
def printed_by(tmp_path, program):
    script = tmp_path / "script.py"
    script.write_text(COMMON + program)
    code, out, error = ended([str(script)])
    assert (code, error) == (0, []), error
    return out


def test_a_child_of_a_parent_that_has_awaited_waits_in_vain():
    out = printed("""
awaits(_native.count_on_bridge)
print(fork(lambda: in_vain(_native.count_on_bridge)))
awaits(_native.count_on_bridge)
print("the parent goes on")
""")
    assert out == ["7", "the parent goes on"]


def test_in_such_a_child_asyncio_itself_works():
    out = printed("""
awaits(_native.count_on_bridge)

def child():
    asyncio.run(asyncio.sleep(0.01))
    return 5

print(fork(child))
""")
    assert out == ["5"]


def test_a_child_of_multiprocessing_waits_in_vain_as_well(tmp_path):
    out = printed_by(tmp_path, """
def child():
    sys.exit(in_vain(_native.count_on_bridge))

if __name__ == "__main__":
    awaits(_native.count_on_bridge)
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    print(process.exitcode)
""")
    assert out == ["7"]


WARNED = """
import asyncio, multiprocessing, os
from counting import count

asyncio.run(count(os.devnull))
"""
BY_THE_SCRIPT = "os.fork() or os._exit(0); os.wait()"
BY_MULTIPROCESSING = "p = multiprocessing.get_context('fork').Process(target=int); p.start(); p.join()"
WARNING = "is multi-threaded, use of fork() may lead to deadlocks in the child."


def warnings_of(fork, *options):
    code, out, error = ended(["-c", WARNED + fork], *options)
    assert (code, out) == (0, []), error
    # Python 3.13 and newer show the line of the script below.
    warned = [line for line in error if "DeprecationWarning: This process (pid=" in line and WARNING in line]
    assert warned or not error, error
    return len(warned)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 is the first that warns")
def test_python_warns_of_a_fork_in_your_own_script_only():
    assert warnings_of(BY_THE_SCRIPT) == 1
    assert warnings_of(BY_MULTIPROCESSING) == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 is the first that warns")
def test_up_to_3_11_nothing_warns():
    assert warnings_of(BY_THE_SCRIPT, "-W", "default") == 0


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_that_is_started_anew_gets_its_answer(tmp_path, method):
    out = printed_by(tmp_path, f"""
def child():
    sys.exit(5 + awaits(_native.count_on_bridge))

if __name__ == "__main__":
    awaits(_native.count_on_bridge)
    process = multiprocessing.get_context({method!r}).Process(target=child)
    process.start()
    process.join()
    print(process.exitcode)
""")
    assert out == ["5"]


@pytest.mark.skipif(sys.platform != "linux", reason="another default on macOS and on Windows")
def test_the_default_on_linux_is_fork_up_to_3_13_and_forkserver_from_3_14_on():
    expected = "fork" if sys.version_info < (3, 14) else "forkserver"
    assert printed("print(multiprocessing.get_start_method())") == [expected]


def test_a_program_that_is_started_from_python_is_no_forked_child():
    out = printed("""
import subprocess
awaits(_native.count_on_bridge)
again = "import asyncio, os; from counting import count; print(asyncio.run(count(os.devnull)))"
print(subprocess.run([sys.executable, "-c", again], capture_output=True, text=True, timeout=60).stdout.strip())
""")
    assert out == ["0"]


def test_the_import_starts_no_thread_and_the_first_await_does():
    out = printed("""
def threads():
    return len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else None

before = threads()
awaits(_native.count_on_bridge)
after = threads()
print(before in (1, None) and (after is None or after > 1))
""")
    assert out == ["True"]


def test_a_fork_before_the_first_await_is_harmless():
    out = printed("""
print(fork(lambda: 5 + awaits(_native.count_on_bridge)))
print(5 + awaits(_native.count_on_bridge))
""")
    assert out == ["5", "5"]


def test_the_guard_raises_in_the_child_and_not_in_the_parent():
    out = printed("""
def child():
    try:
        awaits(_native.count_guarded)
    except RuntimeError as error:
        print(error, flush=True)
        return 7

awaits(_native.count_guarded)
print(fork(child))
print(awaits(_native.count_guarded))
""")
    assert out == [GUARD, "7", "0"]


def test_the_guard_raises_at_the_call_and_not_at_the_await():
    out = printed("""
async def main():
    try:
        _native.count_guarded(os.devnull)
    except RuntimeError:
        return 7

awaits(_native.count_guarded)
print(fork(lambda: asyncio.run(main())))
""")
    assert out == ["7"]


def test_the_guard_lets_a_child_pass_that_is_forked_before_the_first_await():
    out = printed("""
print(fork(lambda: 5 + awaits(_native.count_guarded)))
print(5 + awaits(_native.count_guarded))
""")
    assert out == ["5", "5"]


def test_a_child_counts_on_a_runtime_of_its_own():
    out = printed("""
awaits(count)
print(fork(lambda: 5 + awaits(count)))
print(5 + awaits(count))
""")
    assert out == ["5", "5"]


def test_a_child_of_a_child_counts_as_well():
    out = printed("""
awaits(count)
print(fork(lambda: awaits(count) or fork(lambda: 5 + awaits(count))))
""")
    assert out == ["5"]


def test_every_child_in_a_chain_of_a_hundred_counts():
    out = printed("""
awaits(count)
for _ in range(100):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if os.fork():
            os._exit(0)
    awaits(count)
print("the last one has counted")
""")
    assert out == ["the last one has counted"]


def test_many_forks_in_a_row_end_well():
    out = printed(f"""
for _ in range({FORKS}):
    awaits(count)
    code = fork(lambda: awaits(count))
    print(code)
    if code:
        break
""")
    assert out == ["0"] * FORKS


# PyO3 has a lock of its own, which a thread of Rust would else hold at the moment of a fork.
def test_forks_while_another_thread_awaits_rust_end_well():
    out = printed(f"""
async def main():
    while not enough.is_set():
        await asyncio.gather(*(count(os.devnull) for _ in range(10)))
        busy.set()

busy, enough = threading.Event(), threading.Event()
thread = threading.Thread(target=asyncio.run, args=(main(),))
thread.start()
busy.wait()
for _ in range({FORKS}):
    code = fork(lambda: awaits(count))
    print(code)
    if code:
        break
enough.set()
thread.join()
""")
    assert out == ["0"] * FORKS


# The delivery of this program releases the GIL until the gate opens.
GATE = """
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

loop = Loop()
loop.run_until_complete(count(os.devnull))
delivering.wait()
loop.close()
print(fork(lambda: 5))
print(fork(lambda: 5 + awaits(count)))
gate.release()
"""


def test_a_child_that_is_forked_during_a_delivery_ends():
    assert printed(GATE) == ["5", "5"]


# The delivery may continue once the fork has begun, and acquires the GIL as soon as it can.
ORDER = """
came = []
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
            came.append("the delivery")

loop = Loop()
loop.run_until_complete(count(os.devnull))
delivering.wait()
loop.close()
# No thread takes the GIL from the main one, which must release it.
sys.setswitchinterval(60)
os.register_at_fork(before=gate.release, after_in_parent=lambda: came.append("the fork"))
fork(lambda: 5)
print(*came)
"""


def test_a_fork_waits_for_the_delivery_under_way():
    assert printed(ORDER) == ["the delivery the fork"]


# `probe` runs after the hook of the module, which is registered later, and before those of Python's
# modules, which take locks.
TWO_THREADS = """
import asyncio, concurrent.futures.thread, logging, os, random, threading
second = None
about_to_fork, other_has_forked, counted = threading.Event(), threading.Event(), threading.Event()

def probe():
    if threading.current_thread() is second:
        about_to_fork.set()
        other_has_forked.wait()
        print("a delivery came" if counted.wait(1) else "no delivery came", flush=True)

os.register_at_fork(before=probe)
"""
FORKS_OF_TWO_THREADS = """
def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

def count_once():
    awaits(count)
    counted.set()

warnings.simplefilter("ignore", DeprecationWarning)
awaits(count)
second = threading.Thread(target=fork)
second.start()
about_to_fork.wait()
fork()
counting = threading.Thread(target=count_once)
counting.start()
other_has_forked.set()
second.join()
counting.join()
print("counted", counted.is_set())
"""


def test_no_thread_of_rust_delivers_while_another_thread_is_about_to_fork():
    code, out, error = ended(["-c", TWO_THREADS + COMMON + FORKS_OF_TWO_THREADS])
    assert (code, error) == (0, []), error
    assert out == ["no delivery came", "counted True"]


def test_the_guard_lets_a_child_pass_if_the_call_of_its_parent_raised():
    out = printed("""
try:
    _native.count_guarded(os.devnull)
except RuntimeError as error:
    print(error, flush=True)
print(fork(lambda: 5 + awaits(_native.count_guarded)))
""")
    assert out == ["no running event loop", "5"]


INSIDE = """
def child():
    try:
        asyncio.get_running_loop()
    except RuntimeError as error:
        print(error, flush=True)
    os._exit(5 + awaits(count))

async def main():
    await count(os.devnull)
    print(fork(child), flush=True)
    print(await count(os.devnull))

asyncio.run(main())
"""


def test_a_child_that_is_forked_inside_a_running_loop_has_no_running_loop():
    assert printed(INSIDE) == ["no running event loop", "5", "0"]


# The parent waits for a thread of asyncio. Only a timer of its own can wake it any more.
LEAVES_THROUGH_THE_LOOP = """
async def main():
    await asyncio.sleep(0)
    if os.fork() == 0:
        return
    os.wait()
    loop = asyncio.get_running_loop()
    loop.call_later(4, print, "the timer")
    await loop.run_in_executor(None, time.sleep, 1)
    print("the result", flush=True)
    os._exit(0)  # To close the loop properly is to wait for another wake-up.

warnings.simplefilter("ignore", DeprecationWarning)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="macOS and Windows have no epoll")
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 refuses to go on with the loop in the child")
def test_a_child_that_closes_the_loop_of_its_parent_stops_the_wake_ups_of_asyncio():
    assert printed(LEAVES_THROUGH_THE_LOOP) == ["the timer", "the result"]


FROM_C = """
import ctypes
awaits({function})
child = ctypes.PyDLL(None).fork()
if child == 0:
    signal.alarm(30)
    try:
        os._exit(in_vain({function}))
    except RuntimeError:
        os._exit(9)
print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
"""


def test_a_fork_that_python_does_not_see_runs_no_hook():
    assert printed(FROM_C.format(function="count")) == ["7"]


def test_the_guard_sees_every_fork():
    assert printed(FROM_C.format(function="_native.count_guarded")) == ["9"]


def test_a_pool_of_forked_processes_counts():
    assert ended(["pool.py"]) == (0, ["the pool has counted the same: True"], [])


IN_EXECUTOR = """
from concurrent.futures import ProcessPoolExecutor

def outcome(name):
    try:
        awaits(getattr(_native, name), {seconds})
    except asyncio.TimeoutError:
        return "hangs"
    except RuntimeError as error:
        return str(error)
    return "works"

if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    if {awaited}:
        awaits(getattr(_native, "{name}"))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("{method}")) as pool:
        print(pool.submit(outcome, "{name}").result())
"""


def in_executor(tmp_path, name, method="fork", awaited=True, seconds=20):
    program = IN_EXECUTOR.format(name=name, method=method, awaited=awaited, seconds=seconds)
    return printed_by(tmp_path, program)


def test_in_a_process_pool_executor_with_fork_the_bridge_hangs_and_the_guard_raises(tmp_path):
    assert in_executor(tmp_path, "count_on_bridge", seconds=1) == ["hangs"]
    assert in_executor(tmp_path, "count_guarded") == [GUARD]
    assert in_executor(tmp_path, "count") == ["works"]


@pytest.mark.parametrize("name", ["count_on_bridge", "count_guarded", "count"])
def test_a_process_pool_executor_works_before_the_first_await_and_with_forkserver_or_spawn(tmp_path, name):
    assert in_executor(tmp_path, name, awaited=False) == ["works"]
    assert in_executor(tmp_path, name, method="forkserver") == ["works"]
    assert in_executor(tmp_path, name, method="spawn") == ["works"]


def test_workers_that_are_forked_after_the_application_has_awaited_count():
    code, out, error = ended(["prefork.py"])
    assert (code, error) == (0, [])
    assert out[-1] == "they ended with [0, 0, 0, 0]"
    lines = len((HERE / "prefork.py").read_text().splitlines())
    assert sorted(out[:-1]) == [f"worker {n} has counted {10 * lines} lines" for n in range(4)]


def test_the_raw_functions_return_asyncio_futures():
    async def main():
        for function in (_native.count, _native.count_guarded, _native.count_on_bridge):
            future = function(os.devnull)
            assert isinstance(future, asyncio.Future)
            assert await future == await count(os.devnull) == 0

    asyncio.run(main())


def test_an_error_of_the_file_arrives_as_python_knows_it():
    with pytest.raises(FileNotFoundError):
        asyncio.run(count(str(HERE / "no such file")))
