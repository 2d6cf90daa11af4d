"""What SIGTERM does to a program that uses the module, a test for each sentence."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
KILLED = -signal.SIGTERM
SOLD = "coffee\n"


class Program:
    """A program in an empty folder, whose output and errors are read together."""

    def __init__(self, folder, *arguments, prefix=(), pass_fds=()):
        self.folder = folder
        path = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [*prefix, sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "STOPPED": "yes"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=pass_fds,
        )
        self.watchdog = threading.Timer(120, self.process.kill)
        self.watchdog.start()

    def line_with(self, text):
        """The next line of its output that has the text."""
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"ended with {self.process.wait()}, and no line has {text!r}")

    def child(self):
        """The number of the process that the prefix started."""
        prefix = self.process.pid
        return int(Path(f"/proc/{prefix}/task/{prefix}/children").read_text())

    def end(self):
        """How it ends: exit code, what it still printed, and the sales in the file."""
        self.process.stdin.close()
        # Not `communicate`, which would miss what is in the buffer since the last line.
        out = self.process.stdout.read().splitlines()
        return self.process.wait(), out, self.sales()

    def sales(self):
        path = self.folder / "sales.txt"
        return path.read_text() if path.exists() else None


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*arguments, **more):
        started.append(Program(tmp_path, *arguments, **more))
        return started[-1]

    yield start
    for program in started:
        program.process.kill()
        program.process.wait()
        program.process.stdout.close()
        program.watchdog.cancel()


def terminated(program):
    program.line_with("serving")
    program.process.terminate()
    return program.end()


# --- a Python program that does nothing for SIGTERM


def test_python_has_no_handler_for_sigterm():
    handler = subprocess.run(
        [sys.executable, "-c", "import asyncio, signal; print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"],
        capture_output=True,
        text=True,
    )
    assert handler.stdout == "True\n"


def test_sigterm_runs_no_finally_no_async_with_and_no_atexit(start):
    assert terminated(start(str(HERE / "killed.py"))) == (KILLED, [], "")


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGKILL, 137)])
def test_a_shell_shows_143_or_after_sigkill_137(number, code):
    kill_itself = f"{sys.executable} -c 'import os; os.kill(os.getpid(), {int(number)})'; echo $?"
    shell = subprocess.run(["sh", "-c", kill_itself], capture_output=True, text=True)
    assert shell.stdout == f"{code}\n"


OPEN = """
import asyncio
from till import Till

till = Till("sales.txt")
asyncio.run(till.sell("coffee"))
print("serving", flush=True)
input()
"""


def test_a_normal_exit_drops_the_till_which_writes_its_sales(start):
    program = start("-c", OPEN)
    program.line_with("serving")
    assert program.sales() == ""
    program.process.stdin.write("\n")
    assert program.end() == (0, [], SOLD)


def test_sigterm_runs_no_destructor_of_rust(start):
    assert terminated(start("-c", OPEN)) == (KILLED, [], "")


# --- with a handler of the event loop


def test_with_a_handler_that_cancels_main_everything_runs_and_nothing_is_lost(start):
    assert terminated(start(str(HERE / "stopped.py"))) == (0, ["finally", "atexit"], SOLD)


@pytest.mark.parametrize("code", [0, 3, 143])
def test_the_exit_code_is_the_one_that_the_program_chooses(start, code):
    program = (HERE / "stopped.py").read_text()
    assert "sys.exit(0)" in program
    program = start("-c", program.replace("sys.exit(0)", f"sys.exit({code})"))
    assert terminated(program) == (code, ["finally", "atexit"], SOLD)


def test_without_the_except_it_ends_with_cancelled_error_and_exit_code_1(start):
    program = (HERE / "stopped.py").read_text()
    cut = program.index("try:\n    asyncio.run")
    code, out, sales = terminated(start("-c", program[:cut] + "asyncio.run(main())"))
    assert (code, sales) == (1, SOLD)
    assert out[-2:] == ["asyncio.exceptions.CancelledError", "atexit"]


def test_a_handler_that_sets_an_event_lets_main_finish_its_work(start):
    assert terminated(start(str(HERE / "drained.py"))) == (0, [], "the last coffee\n")


CLEANS_UP = """
import asyncio, signal, sys

async def main():
    loop = asyncio.get_running_loop()
    cleaned, stop = asyncio.Event(), asyncio.Event()
    cancel = asyncio.current_task().cancel
    loop.add_reader(sys.stdin, cleaned.set)
    loop.add_signal_handler(signal.SIGTERM, lambda: print("SIGTERM", flush=True) or {stop}())
    try:
        print("serving", flush=True)
        await stop.wait()
    finally:
        print("cleaning up", flush=True)
        await cleaned.wait()
        print("cleaned up")

try:
    asyncio.run(main())
except asyncio.CancelledError:
    print("cancelled", flush=True)
"""


def terminated_twice(program):
    program.line_with("serving")
    for line in ["cleaning up", "SIGTERM"]:
        program.process.terminate()
        program.line_with(line)


def test_a_second_sigterm_cancels_the_clean_up_as_well(start):
    program = start("-c", CLEANS_UP.format(stop="cancel"))
    terminated_twice(program)
    assert program.end() == (0, ["cancelled"], None)


def test_unless_the_handler_sets_an_event(start):
    program = start("-c", CLEANS_UP.format(stop="stop.set"))
    terminated_twice(program)
    program.process.stdin.write("\n")
    program.process.stdin.flush()
    assert program.end() == (0, ["cleaned up"], None)


# --- under uvicorn


# Where the machine is busy, a test is late, and not wrong: uvicorn would kill a worker that is silent for 5 seconds.
PATIENCE = 60
WORKERS = ["--workers", "2", "--timeout-worker-healthcheck", str(PATIENCE)]


def one_request(start, app, *options, workers=0, **more):
    """The server, when it has taken one sale."""
    lifespan = app == "app:app"
    # A connection waits in this socket until a worker accepts it: uvicorn says that it runs before one can.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        options = [*options, "--fd", str(descriptor), "--lifespan", "on" if lifespan else "off"]
        program = start("-m", "uvicorn", app, *options, pass_fds=[descriptor], **more)
        # Each worker opens the file of the sales anew.
        for _ in range(workers):
            program.line_with("Application startup complete." if lifespan else "Started server process")
        client = http.client.HTTPConnection(*listener.getsockname(), timeout=PATIENCE)
        client.request("POST", "/coffee")
        assert client.getresponse().status == 204
        client.close()
    assert program.sales() == ""
    return program


def messages(out):
    return [line.split(":")[-1].strip() for line in out]


def test_under_uvicorn_sigterm_runs_the_lifespan_and_then_ends_the_process(start):
    program = one_request(start, "app:app")
    program.process.terminate()
    code, out, sales = program.end()
    assert (code, sales) == (KILLED, SOLD)
    assert "Application shutdown complete." in messages(out)


def test_under_uvicorn_sigterm_runs_no_atexit(start):
    program = one_request(start, "at_exit:app")
    program.process.terminate()
    code, out, sales = program.end()
    assert (code, sales) == (KILLED, "")
    assert messages(out)[-1].startswith("Finished server process")


def test_under_uvicorn_ctrl_c_does_run_atexit(start):
    program = one_request(start, "at_exit:app")
    program.process.send_signal(signal.SIGINT)
    code, out, sales = program.end()
    assert (code, out[-1], sales) == (0, "closed by atexit", SOLD)


@pytest.mark.parametrize("app, sales", [("app:app", SOLD), ("at_exit:app", "")], ids=["lifespan", "atexit"])
def test_with_two_workers_the_exit_code_is_0_and_the_workers_run_no_atexit_either(start, app, sales):
    program = one_request(start, app, *WORKERS, workers=2)
    program.process.terminate()
    code, out, written = program.end()
    assert (code, written) == (0, sales)
    assert "closed by atexit" not in out
    assert messages(out).count("Application shutdown complete.") == (2 if sales else 0)


NO_FOLDER = """
from till import Till

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        Till("no/such/folder")
"""


def test_uvicorn_serves_without_the_lifespan_that_failed_unless_it_is_on(start, tmp_path):
    (tmp_path / "broken.py").write_text(NO_FOLDER)
    program = start("-m", "uvicorn", "broken:app", "--port", "0")
    program.line_with("ASGI 'lifespan' protocol appears unsupported.")
    program.line_with("Uvicorn running on")
    program.process.terminate()
    assert program.end()[0] == KILLED
    program = start("-m", "uvicorn", "broken:app", "--port", "0", "--lifespan", "on")
    code, out, _ = program.end()
    assert code == 3
    assert "FileNotFoundError: No such file or directory (os error 2)" in out


# --- as the first process of a container


AS_PID_1 = ["unshare", "--map-root-user", "--pid", "--fork"]


def can_be_pid_1():
    try:
        first = subprocess.run([*AS_PID_1, sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    except OSError:
        return False
    return first.stdout == b"1\n"


PID_1 = pytest.mark.skipif(not can_be_pid_1(), reason="needs unshare, which makes no namespace of processes here")


@PID_1
def test_pid_1_does_not_get_a_sigterm_that_it_has_no_handler_for(start):
    program = start("-c", OPEN, prefix=AS_PID_1)
    program.line_with("serving")
    os.kill(program.child(), signal.SIGTERM)
    program.process.stdin.write("\n")
    assert program.end() == (0, [], SOLD)


@PID_1
def test_the_sigkill_that_follows_loses_the_sales(start):
    program = start("-c", OPEN, prefix=AS_PID_1)
    program.line_with("serving")
    os.kill(program.child(), signal.SIGTERM)
    os.kill(program.child(), signal.SIGKILL)
    code, _, sales = program.end()
    assert code != 0
    assert sales == ""


@PID_1
def test_pid_1_gets_a_sigterm_that_it_has_a_handler_for(start):
    program = start(str(HERE / "stopped.py"), prefix=AS_PID_1)
    program.line_with("serving")
    os.kill(program.child(), signal.SIGTERM)
    assert program.end() == (0, ["finally", "atexit"], SOLD)


@PID_1
@pytest.mark.parametrize("app", ["app:app", "at_exit:app"])
def test_uvicorn_as_pid_1_ends_with_0_and_runs_atexit(start, app):
    program = one_request(start, app, prefix=AS_PID_1)
    os.kill(program.child(), signal.SIGTERM)
    code, out, sales = program.end()
    assert (code, sales) == (0, SOLD)
    assert (out[-1] == "closed by atexit") == (app == "at_exit:app")
