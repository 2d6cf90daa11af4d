"""What the guide says of notebooks, a test for each sentence, in real kernels of Jupyter."""

import importlib.util
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pytest
from kernels import LONG, SHORT, by_path, kernel_in
from nbclient import NotebookClient

HERE = Path(__file__).parent.parent

NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")
UVLOOP = pytest.param("uvloop", marks=NEEDS_UVLOOP)
LOOPS = ["asyncio", UVLOOP]

CANCELLED = "CancelledError", ""

IMPORTS = """
import asyncio, signal, time
from weather import _native, lowest, lowest_sync, temperature, temperature_sync
from weather.notebook import wake_on_interrupt
loop = asyncio.get_running_loop()
"""


@pytest.fixture
def start(folder):
    """Starts a kernel on the event loop of this name, and ends it after the test."""
    with ExitStack() as kernels:

        def start(loop):
            kernel = kernels.enter_context(kernel_in(folder, loop))
            kernel.run(IMPORTS)
            return kernel

        yield start


@pytest.fixture(scope="module", params=LOOPS)
def kernel(request, folder):
    """One kernel for the tests that leave it as it was."""
    with kernel_in(folder, request.param) as kernel:
        kernel.run(IMPORTS)
        kernel.loop = request.param
        yield kernel


# --- a notebook


def test_nbclient_runs_the_notebook():
    notebook = nbformat.read(HERE / "notebooks" / "weather.ipynb", as_version=4)
    limits = {"timeout": LONG, "startup_timeout": LONG}
    NotebookClient(notebook, kernel_name="on-asyncio", config=by_path(), **limits).execute()
    outputs = [output.data["text/plain"] for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs == ["-3.5", "[-3.5, 14.0, 21.5]", "21.5", "14.0"]


# --- the event loop of a cell


def test_a_cell_awaits_a_coroutine_of_rust_at_top_level(kernel):
    assert kernel.run('await temperature("Oslo")') == "-3.5"


def test_an_error_of_rust_is_raised_in_the_cell(kernel):
    assert kernel.error_of('await temperature("Atlantis")') == ("KeyError", "'Atlantis'")
    # Also when the end of the observation is later than any that a clock can have.
    assert kernel.error_of('lowest_sync("Atlantis", 1e19)') == ("KeyError", "'Atlantis'")
    for seconds in "-1", "float('nan')":
        kind, text = kernel.error_of(f'await lowest("Rome", {seconds})')
        assert (kind, text.startswith("seconds: ")) == ("ValueError", True)


def test_a_cell_gathers_many_coroutines(kernel):
    assert kernel.run('sum(await asyncio.gather(*(temperature("Rome") for _ in range(500))))') == "10750.0"


def test_a_task_lives_on_between_two_cells(kernel):
    kernel.run('task = asyncio.create_task(lowest("Rome", 0.2))')
    deadline = time.monotonic() + LONG
    # A cell without an await doesn't run the event loop: the task ends between two of them.
    while kernel.run("task.done()") == "False":
        assert time.monotonic() < deadline
    assert kernel.run("task.result()") == "21.5"


def test_a_cell_with_an_await_is_a_task_of_its_own(kernel):
    code = 'cell = asyncio.current_task()\nloop.call_soon(cell.cancel)\nawait lowest("Rome", 3600)'
    assert kernel.error_of(code) == CANCELLED
    code = "await asyncio.sleep(0)\nasyncio.current_task() is cell, cell.done()"
    assert kernel.run(code) == "(False, True)"


WITH_AN_AWAIT = "", "await asyncio.sleep(0)"


@pytest.mark.parametrize("code", WITH_AN_AWAIT, ids=["without an await", "with an await"])
def test_every_cell_runs_on_the_main_thread_and_on_one_event_loop(kernel, code):
    kernel.run("import threading")
    where = "threading.current_thread() is threading.main_thread(), asyncio.get_running_loop() is loop"
    assert kernel.run(f"{code}\n{where}") == "(True, True)"


BEATS = """
beats = 0
async def beat():
    global beats
    while True:
        await asyncio.sleep(0.01)
        beats += 1
beating = asyncio.create_task(beat())
"""


@pytest.fixture
def beating(kernel):
    kernel.run(BEATS)
    yield
    kernel.run("beating.cancel()")


SYNC = {"Rust": 'lowest_sync("Rome", 0.3)', "time.sleep": "time.sleep(0.3)", "computation": "sum(range(10**7))"}


@pytest.mark.parametrize("code", SYNC.values(), ids=SYNC)
def test_tasks_stand_still_while_a_cell_calls_a_sync_function(kernel, beating, code):
    assert kernel.run(f"before = beats; {code}; beats - before") == "0"


def test_tasks_go_on_while_a_cell_awaits(kernel, beating):
    code = 'before = beats\nwhile beats == before:\n    await lowest("Rome", 0.05)\nbeats > before'
    assert kernel.run(code) == "True"


def test_tasks_go_on_while_the_sync_function_runs_on_a_thread(kernel, beating):
    observe = 'await asyncio.to_thread(lowest_sync, "Rome", 0.05)'
    assert kernel.run(f"before = beats\nwhile beats == before:\n    {observe}\nbeats > before") == "True"


# --- sync functions


def test_the_sync_function_works_in_a_cell(kernel):
    assert kernel.run('temperature_sync("Quito")') == "14.0"


def test_asyncio_run_in_a_cell_is_refused(kernel):
    error = "RuntimeError", "asyncio.run() cannot be called from a running event loop"
    assert kernel.error_of('rome = temperature("Rome"); asyncio.run(rome)') == error
    assert kernel.run("await rome") == "21.5"


def test_run_until_complete_in_a_cell_is_refused(kernel):
    text = {"asyncio": "This event loop is already running", "uvloop": "this event loop is already running."}
    error = "RuntimeError", text[kernel.loop]
    assert kernel.error_of('rome = temperature("Rome"); loop.run_until_complete(rome)') == error
    if kernel.loop == "asyncio":
        assert kernel.run("await rome") == "21.5"
    else:  # uvloop has made a task of it.
        assert kernel.error_of("await rome")[0] == "RuntimeError"


def test_asyncio_run_works_on_a_thread_of_a_pool(kernel):
    assert kernel.run('await asyncio.to_thread(asyncio.run, temperature("Oslo"))') == "-3.5"


def test_a_cell_that_waits_for_its_own_event_loop_waits_for_ever(kernel):
    kernel.run('asked = asyncio.run_coroutine_threadsafe(temperature("Oslo"), loop)')
    wait = 'asked = asyncio.run_coroutine_threadsafe(temperature("Oslo"), loop)\nasked.result(timeout=0.3)'
    assert kernel.error_of(wait) == ("TimeoutError", "")
    # Nothing but the waiting cell was in the way.
    assert kernel.run("await asyncio.wrap_future(asked)") == "-3.5"


def test_an_interrupt_ends_a_cell_that_waits_for_its_own_event_loop(kernel):
    wait = 'asyncio.run_coroutine_threadsafe(temperature("Oslo"), loop).result()'
    cell = kernel.start(f"print('begun', flush=True)\n{wait}").until_it_prints("begun")
    assert not cell.ends_within(SHORT)
    kernel.interrupt()
    assert cell.end().error == ("KeyboardInterrupt", "")


# --- interrupts

# Says when the event loop last went to sleep.
SELECT = """
from pathlib import Path
asleep = Path({marker!r})
select = loop._selector.select
def watched(timeout=None):
    if timeout is None or timeout > 0.5:
        asleep.write_text(str(time.monotonic()))
    return select(timeout)
loop._selector.select = watched
"""


def asleep_in(kernel, code):
    """A cell of a kernel on asyncio, whose event loop has slept for a while: no other message is on its way."""
    marker = kernel.output.with_suffix(".asleep")
    if not marker.exists():
        marker.touch()
        kernel.run(SELECT.format(marker=str(marker)))
    cell = kernel.start(f"asleep.write_text('')\nprint('begun', flush=True)\n{code}").until_it_prints("begun")
    deadline = time.monotonic() + LONG
    while not (slept := marker.read_text()) or time.monotonic() - float(slept) < SHORT:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return cell


@pytest.fixture(scope="module")
def asleep(folder):
    """A kernel on asyncio, in which nothing wakes the event loop but what a test does."""
    with kernel_in(folder, "asyncio") as kernel:
        kernel.run(IMPORTS)
        yield kernel


def awaiting(kernel, code):
    """A cell that the event loop has left at its await."""
    return kernel.start(f"loop.call_soon(lambda: print('begun', flush=True))\n{code}").until_it_prints("begun")


# How long the work takes that an interrupt must reach: longer where a busy machine has missed it.
EVER_LONGER = [3, 12, 48, 192]

AWAITS = {"Rust": 'await lowest("Rome", 3600)', "asyncio.sleep": "await asyncio.sleep(3600)"}


@pytest.mark.parametrize("code", AWAITS.values(), ids=AWAITS)
def test_an_interrupt_does_not_wake_the_event_loop_and_another_one_neither(asleep, code):
    cell = asleep_in(asleep, code)
    for _ in range(2):
        asleep.interrupt()
        assert not cell.ends_within(SHORT)
    asleep.start("the_message = 'wakes it'").end()
    assert cell.end().error == CANCELLED


SHORT_AWAITS = {"Rust": 'await lowest("Rome", {})', "asyncio.sleep": "await asyncio.sleep({})"}


@pytest.mark.parametrize("code", SHORT_AWAITS.values(), ids=SHORT_AWAITS)
def test_such_a_cell_ends_when_its_await_would_have_ended_and_the_result_is_lost(asleep, code):
    for seconds in EVER_LONGER:
        begun = time.monotonic()
        cell = asleep_in(asleep, code.format(seconds))
        asleep.interrupt()
        if cell.end().error:
            break
    assert cell.error == CANCELLED
    assert time.monotonic() - begun >= seconds


def test_running_another_cell_lets_the_interrupt_through_and_that_cell_is_not_run(asleep):
    cell = asleep_in(asleep, AWAITS["Rust"])
    asleep.interrupt()
    assert not cell.ends_within(SHORT)
    another = asleep.start("another = True")
    assert cell.end().error == CANCELLED
    another.end()
    assert asleep.error_of("another") == ("NameError", "name 'another' is not defined")


def test_a_completion_lets_the_interrupt_through_too(asleep):
    # Not by jedi, whose first completion takes seconds.
    asleep.run("%config IPCompleter.use_jedi = False")
    cell = asleep_in(asleep, AWAITS["Rust"])
    asleep.interrupt()
    assert not cell.ends_within(SHORT)
    asleep.client.complete("temp")
    assert cell.end().error == CANCELLED


@pytest.fixture
def waking(asleep):
    asleep.run("wake_on_interrupt()")
    yield
    asleep.run("loop.remove_signal_handler(signal.SIGURG)")


@pytest.mark.parametrize("code", AWAITS.values(), ids=AWAITS)
def test_after_wake_on_interrupt_the_interrupt_ends_the_cell(asleep, waking, code):
    cell = asleep_in(asleep, code)
    asleep.interrupt()
    assert cell.end().error == CANCELLED
    assert asleep.run('await temperature("Rome")') == "21.5"


def under_nbclient(*sources, limit):
    """The error of the last of these cells, if any, and how long it took; nbclient interrupts it after the limit."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    last = notebook.cells[-1]
    limits = {"interrupt_on_timeout": True, "timeout_func": lambda cell: limit if cell is last else LONG}
    began = []
    settings = {"kernel_name": "on-asyncio", "config": by_path(), "allow_errors": True, "startup_timeout": LONG}
    client = NotebookClient(notebook, **settings, **limits)
    client.on_cell_execute = lambda cell, cell_index: began.append(time.monotonic())
    client.execute()
    return [output.get("ename") for output in last.outputs], time.monotonic() - began[-1]


def test_nbclient_cannot_interrupt_a_cell_that_awaits():
    for seconds in EVER_LONGER:
        end = under_nbclient("from weather import lowest", f'await lowest("Rome", {seconds})', limit=seconds / 3)
        if end[0] == ["CancelledError"]:
            break
    assert (end[0], end[1] >= seconds) == (["CancelledError"], True)


def test_nbclient_can_after_wake_on_interrupt():
    wake = "from weather import lowest\nfrom weather.notebook import wake_on_interrupt\nwake_on_interrupt()"
    for seconds in EVER_LONGER:
        end = under_nbclient(wake, f'await lowest("Rome", {seconds})', limit=seconds / 3)
        if end[0] == ["CancelledError"] and end[1] < seconds:
            break
    assert (end[0], end[1] < seconds) == (["CancelledError"], True)


TICKS = """
async def tick():
    while True:
        await asyncio.sleep(0.1)
ticking = asyncio.create_task(tick())
"""


@pytest.fixture
def ticking(kernel):
    kernel.run(TICKS)
    yield
    kernel.run("ticking.cancel()")


def test_while_a_task_ticks_the_interrupt_ends_the_cell(kernel, ticking):
    cell = awaiting(kernel, AWAITS["Rust"])
    kernel.interrupt()
    assert cell.end().error == CANCELLED


def test_a_cell_that_gets_one_result_after_another_can_be_interrupted(asleep):
    cell = asleep.start("while True:\n    await temperature('Rome')\n    print('begun', flush=True)")
    cell.until_it_prints("begun")
    asleep.interrupt()
    assert cell.end().error == CANCELLED


@pytest.fixture(scope="module")
def on_uvloop(folder):
    with kernel_in(folder, "uvloop") as kernel:
        kernel.run(IMPORTS)
        yield kernel


@NEEDS_UVLOOP
def test_on_uvloop_the_interrupt_ends_the_cell(on_uvloop):
    cell = awaiting(on_uvloop, AWAITS["Rust"])
    assert not cell.ends_within(SHORT)
    on_uvloop.interrupt()
    assert cell.end().error == CANCELLED


@pytest.fixture(params=["", "wake_on_interrupt()"], ids=["as it is", "wake_on_interrupt"])
def maybe_waking(kernel, request):
    kernel.run(request.param)
    yield
    kernel.run("loop.remove_signal_handler(signal.SIGURG)")


def test_an_interrupt_ends_a_sync_function_that_checks_for_signals(kernel, maybe_waking):
    cell = kernel.start("print('begun', flush=True)\nlowest_sync('Rome', 3600)").until_it_prints("begun")
    assert not cell.ends_within(SHORT)
    kernel.interrupt()
    assert cell.end().error == ("KeyboardInterrupt", "")


# Says whether the signal came while the function ran.
BLOCKED = """
await asyncio.sleep(0)
handler, came = signal.getsignal(signal.SIGINT), []
signal.signal(signal.SIGINT, lambda *signal: (came.append(time.monotonic()), handler(*signal)))
print('begun', flush=True)
called = time.monotonic()
low = lowest_sync('Rome', {})
print(low, [called < when < time.monotonic() for when in came])
"""


def test_unless_its_cell_also_has_an_await(asleep):
    for seconds in EVER_LONGER:
        cell = asleep.start(BLOCKED.format(seconds)).until_it_prints("begun")
        cell.ends_within(1)
        asleep.interrupt()
        if "True" in cell.end().printed:
            break
    assert "21.5 [True]" in cell.printed


# --- shutdown and restart

ON_THEIR_WAY = """
import atexit, os
from pathlib import Path
os.write(2, b"heard")
results = [_native.lowest("Rome", number / 10) for number in range(4000)]
left = Path({marker!r})
atexit.register(lambda: left.write_text(str(sum(not result.done() for result in results))))
"""


def send_results(kernel):
    """Lets results come for 400 seconds. The file says how many were still to come when Python ended."""
    left = kernel.output.with_suffix(".left")
    kernel.run(ON_THEIR_WAY.format(marker=str(left)))
    return left


def assert_clean(kernel, left):
    """Results were still to come when Python ended, and nothing panicked."""
    output = kernel.output.read_text()
    assert (int(left.read_text()) > 0, "heard" in output, "panic" in output) == (True, True, False)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_kernel_with_thousands_of_results_and_a_cell_that_awaits_ends_cleanly(start, loop):
    kernel = start(loop)
    left = send_results(kernel)
    awaiting(kernel, AWAITS["Rust"])
    assert kernel.shut_down() == 0
    assert_clean(kernel, left)


AT_EXIT = """
import atexit
from pathlib import Path
atexit.register(Path({marker!r}).touch)
"""


def call_on_a_thread(kernel, seconds):
    """A cell awaits a sync function that takes this long. The file is there when functions of atexit have run."""
    marker = kernel.output.with_suffix(".exit")
    kernel.run(AT_EXIT.format(marker=str(marker)))
    awaiting(kernel, f"await asyncio.to_thread(lowest_sync, 'Rome', {seconds})")
    return marker


def test_a_kernel_waits_for_a_sync_function_on_a_thread(start):
    kernel = start("asyncio")
    begun = time.monotonic()
    marker = call_on_a_thread(kernel, 3)
    assert kernel.shut_down() == 0
    assert time.monotonic() - begun >= 3
    assert marker.exists()


def test_a_kernel_with_a_long_sync_function_on_a_thread_ends_by_sigterm_without_atexit(start):
    kernel = start("asyncio")
    marker = call_on_a_thread(kernel, 3600)
    begun = time.monotonic()
    # What a click on Shut Down does.
    kernel.manager.shutdown_kernel()
    assert kernel.process.wait(LONG) == -signal.SIGTERM
    assert time.monotonic() - begun >= 2.5
    assert not marker.exists()


@pytest.mark.parametrize("loop", LOOPS)
def test_after_a_restart_the_module_works(start, loop):
    kernel = start(loop)
    left = send_results(kernel)
    awaiting(kernel, AWAITS["Rust"])
    before = kernel.process
    kernel.client.stop_channels()
    # Jupyter sends SIGTERM to a kernel that takes 2.5 seconds to end, which is half of this time.
    assert kernel.manager.shutdown_wait_time == 5
    kernel.manager.shutdown_wait_time = LONG
    kernel.manager.restart_kernel()
    kernel.connect()
    assert (before.wait(LONG), kernel.process.poll()) == (0, None)
    assert_clean(kernel, left)
    assert kernel.run('from weather import temperature\nawait temperature("Oslo")') == "-3.5"


# --- nest_asyncio

NEST = "import nest_asyncio\nnest_asyncio.apply()"


@pytest.fixture(scope="module")
def nested(folder):
    with kernel_in(folder, "asyncio") as kernel:
        kernel.run(IMPORTS + NEST)
        yield kernel


def test_nest_asyncio_lets_a_cell_call_asyncio_run_and_run_until_complete(nested):
    assert nested.run('asyncio.run(temperature("Oslo"))') == "-3.5"
    assert nested.run('loop.run_until_complete(_native.temperature("Oslo"))') == "-3.5"
    assert nested.run('await temperature("Oslo")') == "-3.5"


@pytest.fixture
def nested_beating(nested):
    nested.run(BEATS)
    yield
    nested.run("beating.cancel()")


def test_tasks_go_on_during_the_nested_run(nested, nested_beating):
    code = 'before = beats\nwhile beats == before:\n    asyncio.run(lowest("Rome", 0.05))\nbeats > before'
    assert nested.run(code) == "True"


def test_nest_asyncio_replaces_the_tasks_in_c_by_those_in_python(nested):
    assert nested.run("asyncio.Task is asyncio.tasks._PyTask") == "True"
    assert nested.run("type(asyncio.create_task(temperature('Oslo'))) is asyncio.tasks._PyTask") == "True"


@NEEDS_UVLOOP
def test_nest_asyncio_cannot_patch_a_loop_of_uvloop(on_uvloop):
    assert on_uvloop.error_of(NEST) == ("ValueError", "Can't patch loop of type <class 'uvloop.Loop'>")
    # It has patched `asyncio.run` by then, whose message is another from now on.
    error = "RuntimeError", "this event loop is already running."
    assert on_uvloop.error_of('asyncio.run(temperature("Rome"))') == error
    assert on_uvloop.run('await temperature("Rome")') == "21.5"


# --- the loop of ipykernel


def test_the_loop_of_ipykernel_is_that_of_asyncio_unless_the_policy_is_set_before_it_starts(kernel):
    names = {"asyncio": "asyncio", "uvloop": "uvloop"}
    assert kernel.run("type(loop).__module__.split('.')[0]") == repr(names[kernel.loop])


@NEEDS_UVLOOP
def test_a_policy_that_a_cell_sets_comes_too_late(asleep):
    asleep.run("import uvloop\npolicy = asyncio.get_event_loop_policy()\nuvloop.install()")
    try:
        assert asleep.run("type(asyncio.get_running_loop()).__module__.split('.')[0]") == "'asyncio'"
        # On another thread it counts.
        code = "await asyncio.to_thread(lambda: type(asyncio.new_event_loop()).__module__)"
        assert asleep.run(code) == "'uvloop'"
    finally:
        asleep.run("asyncio.set_event_loop_policy(policy)")


# --- autoawait, and IPython in a terminal


def test_without_autoawait_a_top_level_await_is_a_syntax_error(asleep):
    assert asleep.run("%autoawait") == "IPython autoawait is `on`, and set to use `asyncio`\n"
    asleep.run("%autoawait off")
    try:
        kind, text = asleep.error_of('await temperature("Oslo")')
    finally:
        asleep.run("%autoawait on")
    assert (kind, text.startswith("'await' outside function")) == ("SyntaxError", True)


# It ends by itself, whatever becomes of the tests.
IPYTHON = f"""\
import faulthandler
faulthandler.dump_traceback_later({LONG}, exit=True)
from IPython import start_ipython
start_ipython()"""


@pytest.fixture(scope="module")
def ipython(folder):
    """IPython as in a terminal, which takes its cells from a pipe, one line each."""
    options = ["--no-banner", "--no-confirm-exit", "--simple-prompt", "--colors=NoColor"]
    command = [sys.executable, "-u", "-W", "ignore", "-c", IPYTHON, *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=folder, text=True, bufsize=1, **pipes) as run:
        try:
            enter(run, "import asyncio; from weather import lowest, temperature")
            yield run
        finally:
            run.kill()


def enter(ipython, *cells):
    """Runs these cells, and returns the lines that they print."""
    for cell in [*cells, "print('the' + ' end')"]:
        ipython.stdin.write(cell + "\n")
    return until_it_prints(ipython, "the end")


def until_it_prints(ipython, text):
    lines = []
    while text not in (line := ipython.stdout.readline()):
        assert line, lines
        lines.append(line)
    texts = (re.sub(r"In \[\d+\]: ", "", line).strip() for line in lines)
    return [text for text in texts if text]


def test_plain_ipython_awaits_at_top_level_too(ipython):
    assert enter(ipython, 'print(await temperature("Oslo"))') == ["-3.5"]


def test_plain_ipython_has_autoawait_too(ipython):
    assert enter(ipython, "%autoawait") == ["IPython autoawait is `on`, and set to use `asyncio`"]
    printed = enter(ipython, "%autoawait off", 'await temperature("Oslo")', "%autoawait on")
    assert "SyntaxError: 'await' outside function" in printed


def test_plain_ipython_accepts_asyncio_run(ipython):
    assert enter(ipython, 'print(asyncio.run(temperature("Oslo")))') == ["-3.5"]


def test_plain_ipython_runs_no_task_between_two_cells(ipython):
    enter(ipython, 'await asyncio.sleep(0); task = asyncio.create_task(lowest("Rome", 0))')
    time.sleep(SHORT)
    assert enter(ipython, "print(task.done())", "print(await task)") == ["False", "21.5"]


def test_plain_ipython_has_no_event_loop_in_a_cell_without_an_await(ipython):
    printed = enter(ipython, 'task = asyncio.create_task(temperature("Oslo"))')
    assert "RuntimeError: no running event loop" in printed


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process on Windows")
def test_ctrl_c_ends_an_await_in_plain_ipython(ipython):
    enter(ipython, "begun = lambda: print('begun', 1)")
    ipython.stdin.write("asyncio.get_running_loop().call_later(1, begun); await lowest('Rome', 3600)\n")
    until_it_prints(ipython, "begun 1")
    ipython.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in "".join(enter(ipython))
