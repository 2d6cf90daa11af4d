"""What the guide says of pytest-asyncio, pytest-timeout and pytest-xdist, a test for each sentence."""

import re
import sys

import pytest
from suites import CONFTEST, HAS_HOOK, HERE, NEEDS_HOOK, NEEDS_NO_HOOK, NEEDS_PYTEST_9, NEEDS_UVLOOP, ON_EACH_LOOP, run

# Each suite has a time limit of its own.
pytestmark = pytest.mark.timeout(0)

PASSED, FAILED = {"PASSED"}, {"FAILED"}


# --- one event loop for each test, or one for all

SHOP = """
    import asyncio, os
    import pytest
    from printshop import Press, _native

    kept = {"ticks": 0}

    async def tick():
        while True:
            kept["ticks"] += 1
            await asyncio.sleep(0.001)

    @pytest.fixture(scope="session")
    async def press(tmp_path_factory):
        ticking = asyncio.ensure_future(tick())
        async with Press(tmp_path_factory.mktemp("press") / "orders.txt") as press:
            yield press
        ticking.cancel()

    async def test_prints(press):
        assert await press.print("menu") == "menu is printed"

    async def test_prints_as_well(press):
        assert await press.print("poster") == "poster is printed"

    async def test_leaves_a_future_and_a_task(press):
        kept["future"] = _native.Press(os.devnull).print("menu", SECONDS)
        kept["task"] = asyncio.ensure_future(Press(os.devnull).print("poster", 3600))
        await asyncio.sleep(0)

    async def test_awaits_the_future():
        assert await kept["future"] == "menu is printed"

    @pytest.fixture(scope="session")
    async def printing():
        return _native.Press(os.devnull).print("menu", SECONDS)

    async def test_awaits_the_future_of_a_fixture(printing):
        assert await printing == "menu is printed"
"""
ON_A_LOOP_OF_ITS_OWN = """
    async def test_finds_the_task_cancelled():
        assert kept["task"].cancelled()

    async def test_finds_the_loop_of_the_fixture_standing_still(press):
        ticks = kept["ticks"]
        await press.print("menu", 0.05)
        assert kept["ticks"] == ticks
"""
ON_ONE_LOOP = """
    async def test_finds_the_task_running():
        assert not kept["task"].done()

    async def test_finds_the_loop_of_the_fixture_running(press):
        ticks = kept["ticks"]
        while kept["ticks"] == ticks:
            await press.print("menu", 0.001)
"""


def shop_of(scope, loop="asyncio", settings=()):
    """With a loop for each test, the future must not have its result before another test awaits it."""
    seconds, more = {"function": ("3600", ON_A_LOOP_OF_ITS_OWN), "session": ("0.05", ON_ONE_LOOP)}[scope]
    return run(SHOP.replace("SECONDS", seconds) + more, scope=scope, loop=loop, settings=settings)


LOOP_OF_SUITE = """
    import asyncio

    async def test_loop():
        assert type(asyncio.get_running_loop()).__module__.split(".")[0] == "{loop}"
"""


@ON_EACH_LOOP
@pytest.mark.parametrize("scope", ["function", "session"])
def test_a_suite_runs_on_the_loop_that_it_is_for(scope, loop):
    assert run(LOOP_OF_SUITE.format(loop=loop), scope=scope, loop=loop).of("test_loop") == PASSED


@ON_EACH_LOOP
@pytest.mark.parametrize("scope", ["function", "session"])
def test_a_rust_object_of_a_session_fixture_works_on_every_loop(scope, loop):
    shop = shop_of(scope, loop)
    assert shop.of("test_prints") == shop.of("test_prints_as_well") == PASSED


DIFFERENT_LOOP = re.compile(
    r"^E   RuntimeError: Task <Task pending name='\S+' coro=<(test_awaits_the_future\w*)\(\) running at \S+test_shop.py:\d+>"
    r" cb=\[.*\]> got Future <Future pending cb=\[<builtins\.PyDoneCallback object at 0x[0-9a-fA-F]+>\(\)\]>"
    r" attached to a different loop$",
    re.M,
)


@ON_EACH_LOOP
def test_with_a_loop_for_each_test_a_future_of_another_one_is_attached_to_a_different_loop(loop):
    shop = shop_of("function", loop=loop)
    of_tests = {"test_awaits_the_future", "test_awaits_the_future_of_a_fixture"}
    assert set(DIFFERENT_LOOP.findall(shop.out)) == of_tests, shop.out
    assert all(shop.of(test) == FAILED for test in of_tests)


def test_each_test_has_a_loop_of_its_own_unless_a_setting_says_otherwise():
    shop = shop_of("function", settings=(("asyncio_default_test_loop_scope", None),))
    assert DIFFERENT_LOOP.search(shop.out), shop.out
    assert shop.of("test_finds_the_task_cancelled") == PASSED


@ON_EACH_LOOP
def test_with_one_loop_it_works(loop):
    shop = shop_of("session", loop=loop)
    assert shop.of("test_awaits_the_future") == shop.of("test_awaits_the_future_of_a_fixture") == PASSED


@ON_EACH_LOOP
def test_the_end_of_a_loop_cancels_the_tasks_that_a_test_has_left(loop):
    assert shop_of("function", loop=loop).of("test_finds_the_task_cancelled") == PASSED


@ON_EACH_LOOP
def test_on_one_loop_they_keep_running(loop):
    assert shop_of("session", loop=loop).of("test_finds_the_task_running") == PASSED


@ON_EACH_LOOP
def test_the_loop_of_a_session_fixture_stands_still_while_a_test_runs_on_a_loop_of_its_own(loop):
    assert shop_of("function", loop=loop).of("test_finds_the_loop_of_the_fixture_standing_still") == PASSED
    assert shop_of("session", loop=loop).of("test_finds_the_loop_of_the_fixture_running") == PASSED


def test_a_session_fixture_on_the_loop_of_a_test_is_a_scope_mismatch():
    shop = shop_of("function", settings=(("asyncio_default_fixture_loop_scope", "function"),))
    mismatch = "ScopeMismatch: You tried to access the function scoped fixture _function_scoped_runner with a session"
    assert mismatch in shop.out
    assert shop.of("test_prints") == {"ERROR"}


DEFAULTS = (("asyncio_default_fixture_loop_scope", None), ("asyncio_mode", None))


@NEEDS_HOOK
def test_without_a_loop_scope_for_fixtures_there_is_a_warning():
    warning = 'PytestDeprecationWarning: The configuration option "asyncio_default_fixture_loop_scope" is unset.'
    assert warning in shop_of("session", settings=DEFAULTS).out
    assert warning not in shop_of("session").out


def test_without_the_mode_auto_a_test_without_a_mark_fails():
    shop = shop_of("session", settings=DEFAULTS)
    assert shop.of("test_awaits_the_future") == FAILED
    assert "async def functions are not natively supported." in shop.out


# --- the result of a future that a test has left

LATE = """
    import os, sys, threading
    from printshop import _native

    kept, printed = {{}}, threading.Event()

    def report(*error):
        sys.__excepthook__(*error)
        printed.set()

    async def test_leaves_a_future(tmp_path):
        sys.excepthook = report
        paper = tmp_path / "orders"
        os.mkfifo(paper)
        kept["reader"] = os.open(paper, os.O_RDONLY | os.O_NONBLOCK)
        press = _native.Press(paper)
        fill(os.open(paper, os.O_WRONLY | os.O_NONBLOCK))
        kept["printing"] = press.print("menu", 0)

    def fill(writer):
        for size in [4096, 1]:
            try:
                while True:
                    os.write(writer, bytes(size))
            except BlockingIOError:
                pass

    def test_is_another_test():
        # Only now is there room for the order.
        os.read(kept["reader"], 1 << 20)
        assert printed.wait(60)
        {end}
"""
PASSES, FAILS = LATE.format(end="pass"), LATE.format(end="assert False")
CLOSED = "RuntimeError: Event loop is closed"
NEEDS_FIFO = pytest.mark.skipif(sys.platform == "win32", reason="needs a FIFO")


@NEEDS_FIFO
@ON_EACH_LOOP
def test_the_late_result_of_a_future_prints_event_loop_is_closed_during_another_test(loop):
    shop = run(PASSES, "-s", scope="function", loop=loop)
    assert shop.of("test_is_another_test") == PASSED
    assert CLOSED in shop.out.splitlines()


@NEEDS_FIFO
def test_pytest_captures_it_and_shows_it_with_the_output_of_a_test_that_fails():
    shop = run(PASSES, scope="function")
    assert (CLOSED not in shop.out, shop.code) == (True, 0), shop.out
    shop = run(FAILS, scope="function")
    assert shop.of("test_is_another_test") == FAILED
    assert CLOSED in shop.out.split("Captured stderr call")[-1].splitlines()


IN_TIME = """
    import asyncio, os
    from printshop import _native

    kept = []

    async def test_leaves_a_future():
        kept.append(_native.Press(os.devnull).print("menu", 0.05))

    async def test_is_another_test():
        while not kept[0].done():
            await asyncio.sleep(0.001)
"""


def test_on_one_loop_the_result_is_ignored():
    shop = run(IN_TIME, "-s")
    assert shop.of("test_is_another_test") == PASSED
    assert "Traceback" not in shop.out


# --- uvloop

LOOP = """
    import asyncio

    async def test_loop(request):
        kind = type(asyncio.get_running_loop()).__module__.split(".")[0]
        assert request.node.name in ["test_loop", f"test_loop[{kind}]"]
"""
ON_BOTH = {"test_loop[asyncio]": PASSED, "test_loop[uvloop]": PASSED}
HOOK = CONFTEST.replace("@pytest.hookimpl(optionalhook=True)\n", "")


@NEEDS_UVLOOP
@NEEDS_HOOK
def test_the_hook_runs_each_test_on_asyncio_and_on_uvloop():
    assert run(LOOP, conftest=CONFTEST).verdicts == ON_BOTH


SHARED = """
    import asyncio

    presses = {}

    async def test_gets_the_press(press):
        presses[asyncio.get_running_loop()] = press

    async def test_gets_the_same_press(press):
        assert presses[asyncio.get_running_loop()] is press
        assert len(set(presses.values())) == len(presses)
"""


def test_the_tests_of_one_loop_share_a_press():
    shop = run(SHARED, conftest=CONFTEST)
    assert (shop.of("test_gets_the_press"), shop.of("test_gets_the_same_press")) == (PASSED, PASSED)


@NEEDS_NO_HOOK
def test_an_older_pytest_asyncio_refuses_the_hook_unless_it_is_optional():
    refused = "PluginValidationError: unknown hook 'pytest_asyncio_loop_factories' in plugin"
    assert refused in run(LOOP, conftest=HOOK).out
    assert run(LOOP, conftest=CONFTEST).verdicts == {"test_loop": PASSED}


@NEEDS_UVLOOP
@pytest.mark.skipif(sys.version_info >= (3, 16), reason="needs Python 3.15 or older, which have loop policies")
def test_the_fixture_of_a_policy_does_so_with_an_older_pytest_asyncio_as_well():
    assert run(LOOP, conftest=(HERE / "older" / "conftest.py").read_text()).verdicts == ON_BOTH


@NEEDS_UVLOOP
@NEEDS_HOOK
def test_a_newer_one_calls_that_fixture_deprecated():
    shop = run(LOOP, conftest=(HERE / "older" / "conftest.py").read_text())
    assert 'Overriding the "event_loop_policy" fixture is deprecated' in shop.out


# --- anyio

ANYIO = """
    import asyncio
    import pytest
    from printshop import Press

    @pytest.mark.anyio
    async def test_prints(tmp_path):
        async with Press(tmp_path / "orders.txt") as press:
            assert await press.print("menu") == "menu is printed"
"""
ASYNCIO_ALONE = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
STRICT = (("asyncio_mode", "strict"),)


def test_the_trio_half_of_a_test_that_is_marked_anyio_fails():
    pytest.importorskip("trio", reason="trio is not installed")
    shop = run(ANYIO, settings=STRICT)
    assert shop.verdicts == {"test_prints[asyncio]": PASSED, "test_prints[trio]": FAILED}
    assert "FAILED test_shop.py::test_prints[trio] - RuntimeError: no running event loop" in shop.out


def test_with_a_fixture_only_the_half_on_asyncio_is_left():
    shop = run(ANYIO, settings=STRICT, conftest=ASYNCIO_ALONE)
    assert (shop.code, shop.of("test_prints")) == (0, PASSED)
    assert "trio" not in shop.out.split("collecting")[1]


RUNS_ON_ASYNCIO = ANYIO + "        assert asyncio.get_running_loop()\n"


def test_in_the_auto_mode_of_pytest_asyncio_both_halves_run_on_asyncio():
    pytest.importorskip("trio", reason="trio is not installed")
    shop = run(RUNS_ON_ASYNCIO)
    assert shop.verdicts == {"test_prints[asyncio]": PASSED, "test_prints[trio]": PASSED}


# --- what a test leaves behind, with the fixtures of `conftest.py`

LEFT = """
    import asyncio

    async def test_leaves_a_task(press):
        asyncio.ensure_future(press.print("poster", 3600))
        await asyncio.sleep(0)

    async def test_prints_after_the_task(press):
        assert await press.print("menu") == "menu is printed"

    async def test_leaves_nothing(press):
        assert await press.print("menu") == "menu is printed"

    async def test_hangs(press):
        await press.print("poster", 3600)

    async def test_prints_after_the_hang(press):
        assert await press.print("menu") == "menu is printed"
"""
KEPT = """
    import os
    from printshop import Press, _native

    kept = []

    async def test_leaves_a_rust_future():
        kept.append(_native.Press(os.devnull).print("poster", 3600))

    async def test_leaves_a_file(tmp_path):
        kept.append(Press(tmp_path / "orders.txt"))
"""
# Each suite waits long for what must come, and briefly for what can't.
SOON = CONFTEST.replace("DEADLINE = 60.0", "DEADLINE = 10.0").replace("PATIENCE = 20.0", "PATIENCE = 120.0")
HASTY = CONFTEST.replace("PATIENCE = 20.0", "PATIENCE = 0.1")
assert CONFTEST not in [SOON, HASTY]
LEAVES = {"PASSED", "ERROR"}


def left(test, loop, suite=LEFT, conftest=SOON):
    """The verdicts of a test on the loop, and what pytest has printed."""
    if HAS_HOOK:
        shop = run(suite, conftest=conftest)
        return shop.verdicts[f"{test}[{loop}]"], shop.out
    shop = run(suite, conftest=conftest, loop=loop)
    return shop.of(test), shop.out


@ON_EACH_LOOP
def test_the_fixture_fails_a_test_that_leaves_a_task(loop):
    verdicts, out = left("test_leaves_a_task", loop)
    assert verdicts == LEAVES
    assert re.search(r"^E +AssertionError: the test has left tasks: \{<Task cancelled .*coro=<Press\.print\(\) done", out, re.M)


@ON_EACH_LOOP
def test_it_cancels_the_task_so_that_the_next_test_gets_the_press(loop):
    assert left("test_prints_after_the_task", loop)[0] == PASSED


@ON_EACH_LOOP
def test_it_fails_a_test_that_leaves_a_rust_future_running(loop):
    verdicts, out = left("test_leaves_a_rust_future", loop, KEPT, HASTY)
    assert verdicts == LEAVES
    assert "AssertionError: the test has left a Rust future that runs" in out


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/fd")
@ON_EACH_LOOP
def test_it_fails_a_test_that_leaves_a_file_open(loop):
    verdicts, out = left("test_leaves_a_file", loop, KEPT, HASTY)
    assert verdicts == LEAVES
    assert "AssertionError: the test has left an open file" in out


@ON_EACH_LOOP
def test_a_test_that_leaves_nothing_passes(loop):
    assert left("test_leaves_nothing", loop)[0] == PASSED


@ON_EACH_LOOP
def test_the_deadline_cancels_a_test_that_hangs_where_it_awaits(loop):
    verdicts, out = left("test_hangs", loop)
    assert verdicts == FAILED
    # The lines of the test and of the wrapper, then the reason.
    awaits = (
        r'await press\.print\("poster", 3600\)\n.*\n?.*in print\n.*await self\._press\.print\(order, seconds\)\n'
        r"(?:.*\n){0,3}?E +asyncio\.exceptions\.CancelledError: no end after 10 seconds$"
    )
    assert re.search(awaits, out, re.M), out


@ON_EACH_LOOP
def test_the_rust_future_is_dropped_so_that_the_next_test_gets_the_press(loop):
    assert left("test_prints_after_the_hang", loop)[0] == PASSED


THREADS = """
    import asyncio, os, threading
    from pathlib import Path
    from printshop import Press

    WORKERS = 8
    os.environ["TOKIO_WORKER_THREADS"] = str(WORKERS)

    def threads_of_tokio():
        return sum(is_of_tokio(task / "comm") for task in Path("/proc/self/task").iterdir())

    def is_of_tokio(name):
        try:
            return name.read_text() == "tokio-rt-worker\\n"
        except (FileNotFoundError, ProcessLookupError):
            return False

    async def test_starts_the_workers():
        assert threads_of_tokio() == 0
        await Press(os.devnull).print("menu")
        while threads_of_tokio() < WORKERS:
            await asyncio.sleep(0.01)
        assert threading.enumerate() == [threading.main_thread()]

    async def test_finds_the_workers_alone_when_the_threads_that_block_have_ended():
        while threads_of_tokio() > WORKERS:
            await asyncio.sleep(0.01)
        assert threads_of_tokio() == WORKERS
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_the_workers_of_tokio_stay_and_threading_does_not_list_them():
    shop = run(THREADS, scope="function")
    assert shop.of("test_starts_the_workers") == PASSED
    assert shop.of("test_finds_the_workers_alone_when_the_threads_that_block_have_ended") == PASSED


# --- pytest-timeout

HANG = """
    import asyncio, os
    import pytest
    from printshop import Press

    press = Press(os.devnull)

    @pytest.mark.timeout(1, {method}func_only=True)
    async def test_hangs():
        await press.print("poster", 3600)

    @pytest.mark.timeout({seconds}, {method}func_only=True)
    async def test_prints():
        await press.print("menu")
"""
TIMED_OUT = "Failed: Timeout (>1.0s) from pytest-timeout."
SIGNAL = 'method="signal", '
NEEDS_SIGNAL = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGALRM")


@NEEDS_SIGNAL
@pytest.mark.parametrize("method", [SIGNAL, ""], ids=["signal", "default"])
def test_a_signal_fails_a_test_that_awaits_and_its_own_loop_cancels_it(method):
    shop = run(HANG.format(seconds=60, method=method), scope="function")
    assert (shop.of("test_hangs"), shop.of("test_prints")) == (FAILED, PASSED)
    assert TIMED_OUT in shop.out


@NEEDS_SIGNAL
def test_on_one_loop_it_keeps_running_and_the_next_test_waits_for_the_press():
    shop = run(HANG.format(seconds=1, method=SIGNAL))
    assert shop.of("test_hangs") == shop.of("test_prints") == FAILED
    assert shop.out.count(f"E   {TIMED_OUT}") == 2


SWALLOWED = """
    import asyncio, logging, os
    import pytest
    from printshop import Press

    class Log(logging.Handler):
        def __init__(self):
            super().__init__()
            self.has_timeout = asyncio.Event()

        def emit(self, record):
            if "Failed: Timeout (>3.0s) from pytest-timeout." in self.format(record):
                self.has_timeout.set()

    @pytest.mark.timeout(3, method="signal", func_only=True)
    async def test_hangs():
        logging.getLogger("asyncio").addHandler(log := Log())
        printing = asyncio.ensure_future(Press(os.devnull).print("poster", 3600))
        # The signal must find the loop waiting, as in a test that hangs.
        await log.has_timeout.wait()
        assert not printing.done()
        printing.cancel()
"""


@NEEDS_UVLOOP
def test_uvloop_only_logs_what_the_signal_raises_and_the_test_goes_on():
    assert run(SWALLOWED, loop="uvloop").of("test_hangs") == PASSED
    shop = run(SWALLOWED)
    assert shop.of("test_hangs") == FAILED
    assert "E   Failed: Timeout (>3.0s) from pytest-timeout." in shop.out


BLOCK = """
    import pytest
    from printshop import _native

    def test_before():
        pass

    @pytest.mark.timeout({timeout}, method="{method}", func_only=True)
    def test_blocks():
        _native.Press("orders.txt").print_blocking("menu", {seconds})

    def test_after():
        pass
"""


@NEEDS_SIGNAL
def test_a_signal_fails_a_blocked_test_only_when_rust_has_returned():
    shop = run(BLOCK.format(method="signal", timeout=3, seconds=6))
    assert (shop.of("test_blocks"), shop.of("test_after")) == (FAILED, PASSED)
    assert "Failed: Timeout (>3.0s) from pytest-timeout." in shop.out
    assert shop.files == {"orders.txt": "menu\n"}


def test_with_the_method_thread_it_ends_pytest_and_shows_where_it_hangs():
    shop = run(BLOCK.format(method="thread", timeout=1, seconds=3600))
    assert shop.code == 1
    assert "Stack of MainThread" in shop.out
    assert 'print_blocking("menu", 3600)' in shop.out
    assert "test_after" not in shop.out
    assert not shop.verdicts, "pytest has written no summary"


HOLDS = """
    import ctypes
    import pytest

    @pytest.mark.timeout(1, method="thread", func_only=True)
    def test_blocks():
        # `PyDLL` keeps the GIL during the call, as a Rust function does that doesn't detach.
        ctypes.PyDLL(None).sleep(3600)

    def test_after():
        pass
"""


@NEEDS_PYTEST_9
@pytest.mark.skipif(sys.platform == "win32", reason="needs the C library's sleep")
def test_a_function_that_holds_the_gil_is_ended_by_faulthandler_and_not_by_the_method_thread():
    shop = run(HOLDS, settings=(("faulthandler_timeout", "5"), ("faulthandler_exit_on_timeout", "true")))
    assert shop.code == 1
    assert "Timeout (0:00:05)!" in shop.out
    assert "in test_blocks" in shop.out
    assert "Stack of MainThread" not in shop.out
    assert "test_after" not in shop.out
    assert not shop.verdicts, "pytest has written no summary"


AWAITS = """
    import os
    import pytest
    from printshop import Press

    @pytest.mark.timeout(1, func_only=True)
    async def test_hangs():
        await Press(os.devnull).print("poster", 3600)
"""


@NEEDS_UVLOOP
def test_so_it_does_with_an_await_under_uvloop():
    shop = run(AWAITS, loop="uvloop", settings=(("timeout_method", "thread"),))
    assert shop.code == 1
    assert "Stack of MainThread" in shop.out


# --- pytest-xdist


def test_with_xdist_it_ends_one_worker_and_the_other_tests_run():
    shop = run(BLOCK.format(method="thread", timeout=1, seconds=3600), "-n", "2")
    assert (shop.of("test_before"), shop.of("test_blocks"), shop.of("test_after")) == (PASSED, FAILED, PASSED)
    assert re.search(r"worker 'gw\d' crashed while running 'test_shop\.py::test_blocks'", shop.out)


WORKERS = """
    import os, threading

    async def test_one(press):
        note()
        assert await press.print("menu") == "menu is printed"

    async def test_two(press):
        note()
        assert await press.print("menu") == "menu is printed"

    def note():
        on_main = threading.current_thread() is threading.main_thread()
        with open("workers.txt", "a") as file:
            file.write(f"{os.getpid()} {on_main}\\n")
"""
# The process that starts the workers has awaited Rust before.
AWAITED = """
def pytest_configure():
    asyncio.run(Press(os.devnull).print("menu"))
"""


def test_the_suite_runs_in_two_workers_without_a_change():
    shop = run(WORKERS, "-n", "2", conftest=CONFTEST)
    assert (shop.code, shop.of("test_one"), shop.of("test_two")) == (0, PASSED, PASSED), shop.out


def test_each_worker_of_xdist_is_a_process_that_runs_the_loop_on_its_main_thread():
    shop = run(WORKERS, "--dist", "each", "--tx", "2*popen", conftest=CONFTEST + AWAITED)
    assert (shop.code, shop.of("test_one"), shop.of("test_two")) == (0, PASSED, PASSED), shop.out
    notes = [line.split() for line in shop.files["workers.txt"].splitlines()]
    assert {on_main for _, on_main in notes} == {"True"}
    assert len({pid for pid, _ in notes}) == 2
