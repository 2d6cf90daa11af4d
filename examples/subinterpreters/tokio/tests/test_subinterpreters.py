"""What the guide says of sub-interpreters, a test for each sentence."""

import asyncio
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from resolver import resolve

HERE = Path(__file__).parent.parent
VERSION = sys.version_info
REFUSED = "module resolver._native does not support loading in subinterpreters"

UP_TO_3_11 = pytest.mark.skipif(VERSION >= (3, 12), reason="Python 3.12 is the first that refuses a module")
SINCE_3_12 = pytest.mark.skipif(VERSION < (3, 12), reason="Python 3.12 is the first that refuses a module")
SINCE_3_13 = pytest.mark.skipif(VERSION < (3, 13), reason="Python 3.13 is the first that makes such an interpreter")
SINCE_3_14 = pytest.mark.skipif(VERSION < (3, 14), reason="concurrent.interpreters is new in Python 3.14")

# `create(kind)`, `run(interpreter, program)` and `current()` are the same on every Python, but for what `run` raises:
# RunFailedError of CPython up to 3.12, and RuntimeError from 3.13 on, where `exec` returns what was raised.
# A program that hangs is ended by faulthandler, with exit code 1.
COMMON = """
import asyncio, faulthandler, sys
faulthandler.dump_traceback_later(60, exit=True)

if sys.version_info >= (3, 13):
    import _interpreters
    from _interpreters import create, destroy

    def run(interpreter, program):
        failed = _interpreters.exec(interpreter, program)
        if failed:
            raise RuntimeError(f"{failed.type.__name__}: {failed.msg}")

    def current():
        return _interpreters.get_current()[0]
else:
    import _xxsubinterpreters
    from _xxsubinterpreters import destroy, run_string as run

    def create(kind):
        return _xxsubinterpreters.create(isolated=kind == "isolated")

    def current():
        return int(_xxsubinterpreters.get_current())
"""

# Programs in a sub-interpreter have a stdout of their own, which would be written last.
INSIDE = """
import asyncio, functools, ipaddress, resolver
print = functools.partial(print, flush=True)
"""

# It uses no attribute of the address, because CPython may find one of another class.
AWAITS = f"""{INSIDE}
print(type(asyncio.run(resolver.resolve("127.0.0.1"))).__name__)
"""


def printed(program):
    """The lines that a program printed, which has ended well and written nothing to stderr."""
    command = [sys.executable, "-W", "ignore", "-c", COMMON + program]
    run = subprocess.run(command, capture_output=True, text=True, cwd=HERE, timeout=120)
    assert (run.returncode, run.stderr) == (0, ""), (run.returncode, run.stdout, run.stderr)
    return run.stdout.splitlines()


def test_an_address_is_that_of_pythons_ipaddress():
    assert asyncio.run(resolve("127.0.0.1")) == IPv4Address("127.0.0.1")
    assert asyncio.run(resolve("::1")) == IPv6Address("::1")


def test_a_name_without_an_address_raises_an_oserror_that_says_the_name():
    with pytest.raises(OSError, match="^not a host name: "):
        asyncio.run(resolve("not a host name"))


# --- isolated sub-interpreters


@SINCE_3_12
@pytest.mark.parametrize("before", ["", "import resolver"], ids=["first import", "main first"])
def test_an_isolated_interpreter_refuses_the_import(before):
    raised = {
        False: f"RunFailedError|<class 'ImportError'>: {REFUSED}",
        True: f"RuntimeError|ImportError: {REFUSED}",
    }
    assert printed(f"""{before}
isolated = create("isolated")
try:
    run(isolated, "import resolver")
except Exception as error:
    print(type(error).__name__, error, sep="|")
destroy(isolated)
""") == [raised[VERSION >= (3, 13)]]


@SINCE_3_12
def test_after_a_refused_import_the_main_interpreter_awaits_as_ever():
    assert printed("""
isolated = create("isolated")
try:
    run(isolated, "import resolver")
except Exception:
    destroy(isolated)
    import resolver
    print(asyncio.run(resolver.resolve("127.0.0.1")))
""") == ["127.0.0.1"]


@SINCE_3_14
def test_concurrent_interpreters_wraps_the_import_error_in_execution_failed():
    assert printed("""
from concurrent import interpreters
isolated = interpreters.create()
try:
    isolated.exec("import resolver")
except interpreters.ExecutionFailed as error:
    print(type(error).__module__, type(error).__name__, sep=".")
    print(error.excinfo.type.__name__, error.excinfo.msg, sep="|")
isolated.close()
""") == ["concurrent.interpreters.ExecutionFailed", f"ImportError|{REFUSED}"]


@SINCE_3_14
def test_a_pool_of_interpreters_raises_the_import_error_itself():
    assert printed("""
from concurrent.futures import InterpreterPoolExecutor
with InterpreterPoolExecutor(1) as pool:
    try:
        pool.submit(exec, "import resolver").result()
    except ImportError as error:
        print(type(error).__name__, error, type(error.__cause__).__name__, sep="|")
""") == [f"ImportError|{REFUSED}|ExecutionFailed"]


@SINCE_3_13
def test_an_isolated_interpreter_that_shares_the_gil_does_not_refuse_it():
    assert printed("""
shares = _interpreters.create(_interpreters.new_config("isolated", gil="shared", use_main_obmalloc=True))
run(shares, "import resolver; print('imported', flush=True)")
destroy(shares)
""") == ["imported"]


@UP_TO_3_11
def test_up_to_3_11_an_isolated_interpreter_imports_and_awaits():
    assert printed(f"""
isolated = create("isolated")
run(isolated, {AWAITS!r})
destroy(isolated)
""") == ["IPv4Address"]


# --- legacy ones


def test_a_legacy_interpreter_imports_and_awaits_without_an_error():
    assert printed(f"""
legacy = create("legacy")
run(legacy, {AWAITS!r})
destroy(legacy)
""") == ["IPv4Address"]


SHOWS_THE_CLASS = f"""{INSIDE}
address = asyncio.run(resolver.resolve("127.0.0.1"))
print(type(address), id(type(address)), isinstance(address, ipaddress.IPv4Address))
"""


def test_the_result_is_of_the_class_of_the_main_interpreter():
    in_legacy, in_main = printed(f"""
legacy = create("legacy")
run(legacy, {SHOWS_THE_CLASS!r})
import ipaddress
print(ipaddress.IPv4Address, id(ipaddress.IPv4Address), False)
destroy(legacy)
""")
    assert in_legacy == in_main


SHOWS_THE_INTERPRETER = f"""{COMMON}{INSIDE}
class Loop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, *arguments, **named):
        print("delivered in", current())
        return super().call_soon_threadsafe(*arguments, **named)

loop = Loop()
print("runs in", current())
loop.run_until_complete(resolver.resolve("127.0.0.1"))
loop.close()
"""


def test_the_result_is_delivered_in_the_main_interpreter():
    assert printed(f"""
legacy = create("legacy")
run(legacy, {SHOWS_THE_INTERPRETER!r})
destroy(legacy)
""") == ["runs in 1", "delivered in 0"]


def test_when_a_legacy_interpreter_that_awaited_first_has_ended_the_main_one_cannot_await():
    raised = {
        True: "RuntimeError: no running event loop",
        False: "TypeError: 'NoneType' object is not callable",
    }
    assert printed(f"""
legacy = create("legacy")
run(legacy, {AWAITS!r})
destroy(legacy)
import resolver
try:
    asyncio.run(resolver.resolve("127.0.0.1"))
except (RuntimeError, TypeError) as error:
    print(type(error).__name__, error, sep=": ")
""") == ["IPv4Address", raised[VERSION[:2] == (3, 12)]]


AFTER_A_LEGACY_ONE_HAS_IMPORTED = """
import resolver

def awaits():
    try:
        print(asyncio.run(asyncio.wait_for(resolver.resolve("127.0.0.1"), 10)))
    except asyncio.TimeoutError:
        print("in vain")

awaits()
legacy = create("legacy")
run(legacy, "import resolver")
"""


def test_while_a_legacy_interpreter_that_only_imported_has_not_ended_the_main_one_awaits():
    assert printed(f"""{AFTER_A_LEGACY_ONE_HAS_IMPORTED}
awaits()
destroy(legacy)
""") == ["127.0.0.1", "127.0.0.1"]


def test_when_a_legacy_interpreter_that_only_imported_has_ended_an_await_of_the_main_one_never_returns():
    assert printed(f"""{AFTER_A_LEGACY_ONE_HAS_IMPORTED}
destroy(legacy)
awaits()
""") == ["127.0.0.1", "in vain"]


@pytest.mark.parametrize("before", ["", "import resolver"], ids=["first import", "main first"])
def test_a_legacy_interpreter_that_has_ended_before_the_first_await_stops_nothing(before):
    assert printed(f"""{before}
legacy = create("legacy")
run(legacy, "import resolver")
destroy(legacy)
import resolver
for _ in range(2):
    print(asyncio.run(asyncio.wait_for(resolver.resolve("127.0.0.1"), 10)))
""") == ["127.0.0.1", "127.0.0.1"]


@pytest.mark.skipif(VERSION[:2] != (3, 12), reason="Python 3.12 alone finds the running loop in this way")
def test_on_3_12_a_legacy_interpreter_has_no_running_loop_after_the_main_one_has_awaited():
    assert printed(f"""
import resolver
print(asyncio.run(resolver.resolve("127.0.0.1")))
legacy = create("legacy")
try:
    run(legacy, {AWAITS!r})
except Exception as error:
    print(type(error).__name__, error, sep="|")
destroy(legacy)
""") == ["127.0.0.1", "RunFailedError|<class 'RuntimeError'>: no running event loop"]


# --- what to do instead


def test_processes_that_are_spawned_and_threads_resolve():
    command = [sys.executable, "-W", "error", "instead.py"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=HERE, timeout=120)
    found = "127.0.0.1 127.0.0.2 127.0.0.3"
    assert (run.stdout.splitlines(), run.stderr) == ([f"processes: {found}", f"threads: {found}"], "")


# Each runtime starts its forty workers at once, so two would have eighty; the other threads are a few.
@pytest.mark.skipif(sys.platform != "linux", reason="macOS and Windows have no /proc")
def test_event_loops_on_several_threads_share_one_runtime():
    assert printed("""
import concurrent.futures, os, threading
os.environ["TOKIO_WORKER_THREADS"] = "40"
import resolver

both = threading.Barrier(2)

async def awaits():
    both.wait(60)
    await resolver.resolve("127.0.0.1")
    both.wait(60)
    return 40 <= len(os.listdir("/proc/self/task")) < 80

with concurrent.futures.ThreadPoolExecutor(2) as threads:
    print(*threads.map(lambda _: asyncio.run(awaits()), range(2)))
""") == ["True True"]
