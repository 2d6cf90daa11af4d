"""What the guide says of one runtime and of many, a test for each sentence."""

import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import weakref
from pathlib import Path

import kiosk
import pytest
from kiosk import _native

NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
# From CPython 3.14 on, a thread that asks for the GIL while Python finalizes hangs, and does not end.
ENDS_THREADS = pytest.mark.skipif(sys.version_info >= (3, 14), reason="CPython 3.14 lets the thread hang")
WORKERS = "TOKIO_WORKER_THREADS"
DEADLINE = 60


def run(program, *folders, **environment):
    """Runs a program without the variable of tokio, or with the value that is given."""
    variables = {name: value for name, value in os.environ.items() if name not in (WORKERS, "RUST_BACKTRACE")}
    variables.update(environment)
    paths = [*map(str, folders), os.environ.get("PYTHONPATH")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [sys.executable, "-c", COMMON + program]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=2 * DEADLINE)


def printed(program, *folders, **environment):
    ended = run(program, *folders, **environment)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


COMMON = """
import asyncio, os, threading, time

def names():
    "Those of all threads but the main one. Linux only."
    found = []
    for thread in os.listdir("/proc/self/task"):
        if int(thread) != os.getpid():
            with open(f"/proc/self/task/{thread}/comm") as name:
                found.append(name.read().strip())
    return found

def named(name):
    "Waits until all threads have their name: a thread gives it to itself."
    end = time.monotonic() + 60
    while set(names()) != {name} and time.monotonic() < end:
        time.sleep(0.01)
    return names()

async def prices(module, calls):
    assert await asyncio.gather(*(module.price("tea") for _ in range(calls))) == [300] * calls
"""


# The settings.


def test_the_price_comes_from_rust():
    assert asyncio.run(kiosk.price("milk")) == 200
    with pytest.raises(KeyError) as caught:
        asyncio.run(kiosk.price("beer"))
    assert caught.value.args == ("beer",)


FIRST_AWAIT = """
import kiosk
print(len(names()))
asyncio.run(prices(kiosk, 1))
print(len(named("kiosk")), kiosk._native.workers())
asyncio.run(prices(kiosk, 1000))
print(len(named("kiosk")) <= 2 + 32)
"""


@LINUX
def test_the_import_starts_no_thread_and_the_first_await_starts_those_of_the_settings():
    # Two workers, and a thread of the blocking pool for the result.
    assert printed(FIRST_AWAIT) == ["0", "3 2", "True"]


NAMES = """
import kiosk
asyncio.run(prices(kiosk, 100))
print(set(named("kiosk")))
"""


@LINUX
def test_all_threads_of_the_runtime_have_the_name_of_the_settings():
    assert printed(NAMES) == ["{'kiosk'}"]


SET_AFTER_IMPORT = """
import kiosk
os.environ["TOKIO_WORKER_THREADS"] = "5"
print(kiosk._native.workers())
"""


def test_the_environment_sets_the_number_of_workers_if_it_is_set_before_the_import():
    assert printed(SET_AFTER_IMPORT) == ["2"]
    assert printed(SET_AFTER_IMPORT, TOKIO_WORKER_THREADS="3") == ["5"]
    assert printed("import kiosk; print(kiosk._native.workers())", TOKIO_WORKER_THREADS="3") == ["3"]


NOT_A_NUMBER = """
import kiosk
for _ in range(2):
    try:
        asyncio.run(kiosk.price("tea"))
    except BaseException as error:
        print(type(error).__name__, error)
"""


def test_a_number_of_workers_that_is_none_is_a_panic_at_the_first_await_and_at_each_later_one():
    ended = run(NOT_A_NUMBER, TOKIO_WORKER_THREADS="two")
    assert ended.returncode == 0, ended.stderr
    invalid = "must be usize, error: invalid digit found in string, value: two"
    assert ended.stdout.splitlines() == [
        f'PanicException "TOKIO_WORKER_THREADS" {invalid}',
        "PanicException called `Result::unwrap()` on an `Err` value: PoisonError { .. }",
    ]


# One runtime, and not one for each call or object.


def started_by(call, calls=1):
    """How many threads the calls have started in Rust."""
    before = _native.threads_numbered()
    for _ in range(calls):
        call("tea")
    # The thread that counts has a number, too.
    return _native.threads_numbered() - before - 1


@pytest.fixture
def used():
    """The runtime is there, and the thread of the test has its number."""
    _native.price_on_the_one("tea")


def test_a_runtime_for_each_call_starts_all_its_workers_each_time(used, monkeypatch):
    monkeypatch.setenv(WORKERS, "3")
    assert started_by(_native.price_on_a_new_one, 100) == 300
    assert started_by(_native.price_on_the_one, 100) == 0


def has_cpu_quota():
    """Whether a control group limits the CPU time, which Rust counts as fewer cores."""
    if sys.platform != "linux":
        return False
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, name = Path("/sys/fs/cgroup"), "cpu.max"
        elif "cpu" in controllers.split(","):
            root, name = Path("/sys/fs/cgroup/cpu"), "cpu.cfs_quota_us"
        else:
            continue
        group = root / path.lstrip("/")
        limits = [folder / name for folder in (group, *group.parents)]
        if any(limit.read_text().split()[0] not in ("max", "-1") for limit in limits if limit.exists()):
            return True
    return False


@LINUX
@pytest.mark.skipif(has_cpu_quota(), reason="needs all its CPU time: a quota limits this process")
def test_without_settings_a_runtime_has_a_worker_for_each_core_that_the_process_may_use(used, monkeypatch):
    monkeypatch.delenv(WORKERS, raising=False)
    cores = os.sched_getaffinity(0)
    assert started_by(_native.price_on_a_new_one) == len(cores)
    os.sched_setaffinity(0, {min(cores)})
    try:
        assert started_by(_native.price_on_a_new_one) == 1
    finally:
        os.sched_setaffinity(0, cores)


def seconds(call, calls=200):
    start = time.perf_counter()
    for _ in range(calls):
        call("tea")
    return time.perf_counter() - start


def test_a_runtime_for_each_call_takes_more_than_ten_times_as_long(used, monkeypatch):
    monkeypatch.setenv(WORKERS, "2")
    # The fastest of several, because each takes no longer than a pause of a loaded machine.
    one = min(seconds(_native.price_on_the_one) for _ in range(5))
    assert seconds(_native.price_on_a_new_one) > 10 * one


ENDED = """
from kiosk import _native

def threads():
    return len(os.listdir("/proc/self/task"))

_native.price_on_the_one("tea")
before = threads()
for _ in range(100):
    _native.price_on_a_new_one("tea")
end = time.monotonic() + 60
# The kernel lists a thread for a moment longer than others wait for its end.
while threads() > before and time.monotonic() < end:
    time.sleep(0.01)
print(threads() - before)
"""


@LINUX
def test_the_workers_of_a_runtime_for_each_call_end_with_the_call():
    assert printed(ENDED, TOKIO_WORKER_THREADS="2") == ["0"]


HUNDRED = """
from kiosk import _native
_native.price_on_the_one("tea")
before = len(names())
feeds = [_native.{kind}(print) for _ in range(100)]
print(len(names()) - before)
"""


@LINUX
def test_a_hundred_objects_on_the_one_runtime_start_no_thread_and_with_their_own_each_starts_its_workers():
    assert printed(HUNDRED.format(kind="Feed"), TOKIO_WORKER_THREADS="2") == ["0"]
    assert printed(HUNDRED.format(kind="OwnFeed"), TOKIO_WORKER_THREADS="2") == ["200"]


# Two modules in one process.


@pytest.fixture
def other(tmp_path):
    """A second package with a library of its own, under another name."""
    shutil.copytree(Path(kiosk.__file__).parent, tmp_path / "other")
    return tmp_path


TWO_SETTINGS = """
os.environ["TOKIO_WORKER_THREADS"] = "1"
import kiosk
asyncio.run(prices(kiosk, 1))
os.environ["TOKIO_WORKER_THREADS"] = "3"
import other

async def both():
    return await asyncio.gather(kiosk.price("tea"), other.price("milk"))

print(asyncio.run(both()))
print(kiosk._native.workers(), other._native.workers())
"""


def test_two_modules_in_one_process_have_a_runtime_each_with_its_own_settings(other):
    assert printed(TWO_SETTINGS, other) == ["[300, 200]", "1 3"]


TWO_COUNTS = """
import kiosk, other
asyncio.run(prices(kiosk, 1))
print(len(names()))
asyncio.run(prices(other, 1))
print(len(names()))
"""


@LINUX
def test_two_modules_in_one_process_have_twice_the_threads(other):
    assert printed(TWO_COUNTS, other) == ["3", "6"]


# A runtime in an object.

# The callback is inside Python, and needs the GIL to return, while the main thread keeps the GIL.
CALLED = """
import faulthandler, gc, sys
from kiosk import _native

called, leave, returned = threading.Event(), threading.Event(), threading.Event()
order_of_events = []

def on_order(order):
    called.set()
    leave.wait()
    order_of_events.append("called")
    returned.set()

sys.setswitchinterval(100)
feed = _native.{kind}(on_order)
feed.place("tea")
called.wait()
faulthandler.dump_traceback_later({seconds}, exit=True)
leave.set()
"""
# A runtime that nothing stops may still be in Python: this exit leaves Python as it is.
DROPPED = """
order_of_events.append("dropped")
returned.wait()
print(order_of_events, flush=True)
os._exit(0)
"""
IN_A_CYCLE = """
cycle = [feed]
cycle.append(cycle)
del feed, cycle
gc.collect()
"""


def dropped(kind, drop="del feed", seconds=DEADLINE):
    return CALLED.format(kind=kind, seconds=seconds) + drop + DROPPED


@pytest.mark.parametrize(
    "drop",
    [
        pytest.param("del feed", id="del"),
        pytest.param("feed = None", id="replaced"),
        pytest.param(IN_A_CYCLE, id="collected", marks=NEEDS_GIL),
    ],
)
def test_python_hangs_when_it_drops_an_own_runtime_during_a_callback(drop):
    program = dropped("OwnFeed", drop, seconds=3)
    ended = run(program)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Timeout (0:00:03)!\n")
    assert " in on_order\n" in ended.stderr
    # The main thread is in the line that drops the object.
    line = (COMMON + program).removesuffix(DROPPED).rstrip().count("\n") + 1
    assert f", line {line} in <module>\n" in ended.stderr


def test_on_the_one_runtime_the_drop_does_not_wait_for_the_callback():
    assert printed(dropped("Feed")) == ["['dropped', 'called']"]


def test_a_detached_drop_waits_for_the_callback():
    assert printed(dropped("DetachedFeed")) == ["['called', 'dropped']"]


def test_a_shutdown_in_the_background_does_not_wait_for_the_callback():
    assert printed(dropped("BackgroundFeed")) == ["['dropped', 'called']"]


BLOCKED = """
import kiosk

entered, leave = threading.Semaphore(0), threading.Event()

def on_order(order):
    entered.release()
    leave.wait()

feeds = []
for _ in range(2):
    feeds.append(kiosk.Feed(on_order))
    feeds[-1].place("tea")
    entered.acquire()

async def main():
    asked = asyncio.ensure_future(kiosk.price("tea"))
    done, pending = await asyncio.wait([asked], timeout=0.5)
    print(len(done), len(pending))
    leave.set()
    print(await asked)

asyncio.run(main())
"""


def test_callbacks_that_block_hold_up_every_await_once_there_are_as_many_as_workers():
    assert printed(BLOCKED) == ["0 1", "300"]


# The callback has the last reference, so the object is dropped on the worker that runs the callback.
DROPPED_INSIDE = """
import sys
from kiosk import _native

sys.unraisablehook = lambda report: print(report.exc_type.__name__, report.exc_value)
returned = threading.Event()
feeds = []

def on_order(order):
    try:
        feeds.clear()
    except BaseException as error:
        print("caught", error)
    returned.set()

feeds.append(_native.{kind}(on_order))
{caller}.place("tea")
returned.wait()
sys.stdout.flush()
os._exit(0)
"""


# Without the GIL, the thread that made the object drops it.
@NEEDS_GIL
@pytest.mark.parametrize("caller", ["feeds[0]", "_native.Feed(on_order)"], ids=["its own", "the one runtime's"])
def test_an_own_runtime_that_is_dropped_on_a_worker_of_any_runtime_panics_and_nothing_can_catch_it(caller):
    message = (
        "Cannot drop a runtime in a context where blocking is not allowed. "
        "This happens when a runtime is dropped from within an asynchronous context."
    )
    for kind in ("OwnFeed", "DetachedFeed"):
        ended = run(DROPPED_INSIDE.format(kind=kind, caller=caller))
        assert (ended.returncode, ended.stdout) == (0, f"PanicException {message}\n")
    for kind in ("BackgroundFeed", "Feed"):
        assert printed(DROPPED_INSIDE.format(kind=kind, caller=caller)) == []


# Python clears the names of a module that something refers to while it finalizes, those with an underscore first.
# By then, a thread that asks for the GIL ends at once, in the middle of Rust's code.
LIVES = """
import __main__
from kiosk import _native

called, leave = threading.Event(), threading.Lock()
leave.acquire()

def on_order(order):
    called.set()
    leave.acquire()

class Last:
    def __del__(self, release=leave.release, sleep=time.sleep):
        release()
        sleep(60)

_last = Last()
feed = _native.{kind}(on_order)
feed.place("tea")
called.wait()
"""


@ENDS_THREADS
@pytest.mark.parametrize("kind", ["OwnFeed", "DetachedFeed", "BackgroundFeed"])
def test_an_own_runtime_that_lives_until_the_exit_is_not_stopped_and_can_crash_it(kind):
    # On the one runtime, an exit during a callback is clean: see test_clean_exit.py.
    assert run(LIVES.format(kind=kind)).returncode in (-signal.SIGABRT, -signal.SIGSEGV)


def test_a_feed_ends_its_task_when_python_drops_it():
    class Callback:
        def __call__(self, order):
            raise AssertionError("no order was placed")

    callback = Callback()
    gone = weakref.ref(callback)
    feed = kiosk.Feed(callback)
    del callback
    assert gone() is not None
    del feed
    end = time.monotonic() + DEADLINE
    while gone() is not None and time.monotonic() < end:
        # Rust drops a reference without the GIL, and the next that attaches releases it.
        asyncio.run(kiosk.price("tea"))
        gc.collect()
    assert gone() is None


def test_an_exception_of_the_callback_is_printed_and_the_next_order_still_arrives(monkeypatch):
    reports, arrived = [], []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append(report.exc_type))

    def on_order(order):
        arrived.append(order)
        raise ValueError(order)

    feed = kiosk.Feed(on_order)
    feed.place("tea")
    feed.place("milk")
    end = time.monotonic() + DEADLINE
    while len(reports) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert (arrived, reports) == (["tea", "milk"], [ValueError, ValueError])
