"""Real kernels of Jupyter for the tests: each one a process, with folders of its own."""

import json
import os
import queue
import re
import sys
import tempfile
import time
from contextlib import contextmanager

from jupyter_client import KernelManager
from traitlets.config import Config

# How long anything may take that ends by itself, also on a very busy machine.
LONG = 600
# How long a test looks at what does not happen.
SHORT = 0.5

# The loop that ipykernel starts on is that of the policy, which may come from the environment of the tests.
POLICIES = {"asyncio": "asyncio.DefaultEventLoopPolicy()", "uvloop": "__import__('uvloop').EventLoopPolicy()"}
START = """\
import asyncio, faulthandler
faulthandler.dump_traceback_later({watchdog}, exit=True)
asyncio.set_event_loop_policy({policy})
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()"""
# No kernel outlives this, whatever becomes of the tests.
WATCHDOG = 3600

def use_own_folders(folder, sockets, set_variable):
    """Nothing of the user's is read or written: not settings, not kernels, not the history."""
    for name in ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_PATH", "IPYTHONDIR"]:
        (folder / name).mkdir()
        set_variable(name, str(folder / name))
    set_variable("JUPYTER_RUNTIME_DIR", sockets)
    set_variable("JUPYTER_NO_CONFIG", "1")
    for loop, policy in POLICIES.items():
        kernel = folder / "JUPYTER_PATH" / "kernels" / f"on-{loop}"
        kernel.mkdir(parents=True)
        start = START.format(watchdog=WATCHDOG, policy=policy)
        # What Rust writes to stderr goes to the file of the kernel, not to the cell.
        options = ["-f", "{connection_file}", "--IPKernelApp.capture_fd_output=False"]
        command = [sys.executable, "-W", "ignore", "-c", start, *options]
        spec = {"argv": command, "display_name": f"Python on {loop}", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec))


def by_path():
    """Lets Jupyter reach a kernel by sockets in a folder of its own.

    A port that Jupyter has found free can be another program's before the kernel opens it.
    """
    if sys.platform == "win32":
        return Config()
    folder = tempfile.mkdtemp(dir=os.environ["JUPYTER_RUNTIME_DIR"])
    return Config(KernelManager={"transport": "ipc", "ip": os.path.join(folder, "kernel")})


class Cell:
    """A cell that has been sent, and what has come of it."""

    def __init__(self, kernel, code):
        self.kernel = kernel
        self.id = kernel.client.execute(code)
        self.printed = ""
        self.result = None
        self.error = None
        self.traceback = ""
        self.done = False

    def end(self, timeout=LONG):
        """Waits until the cell has ended: for this long, or the test fails."""
        assert self.ends_within(timeout), f"the cell has not ended; {self.printed!r}"
        return self

    def ends_within(self, timeout):
        deadline = time.monotonic() + timeout
        while not self.done and (left := deadline - time.monotonic()) > 0:
            self.read(left)
        return self.done

    def until_it_prints(self, text):
        deadline = time.monotonic() + LONG
        while text not in self.printed:
            assert not self.done, (self.printed, self.error, self.traceback)
            left = deadline - time.monotonic()
            assert left > 0, f"{self.printed!r} and not yet {text!r}"
            self.read(left)
        return self

    def read(self, timeout):
        try:
            # Not for long: a kernel that has ended sends nothing more.
            message = self.kernel.client.get_iopub_msg(timeout=min(timeout, 1))
        except queue.Empty:
            assert self.kernel.process.poll() is None, f"the kernel has ended: {self.kernel.process.poll()}"
            return
        cell = self.kernel.cells.get(message["parent_header"].get("msg_id"))
        if cell:
            cell.take(message["msg_type"], message["content"])

    def take(self, kind, content):
        if kind == "stream":
            self.printed += content["text"]
        elif kind == "execute_result":
            self.result = content["data"]["text/plain"]
        elif kind == "error":
            self.error = content["ename"], content["evalue"]
            self.traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))
        elif kind == "status":
            self.done = content["execution_state"] == "idle"


class Kernel:
    def __init__(self, folder, loop):
        self.output = folder / f"kernel-{time.monotonic_ns()}.txt"
        # Open until the end, for a kernel that starts again.
        self.file = self.output.open("wb")
        self.manager = KernelManager(kernel_name=f"on-{loop}", config=by_path())
        self.manager.start_kernel(cwd=str(folder), stdout=self.file, stderr=self.file)
        self.process = self.manager.provisioner.process
        self.client = self.manager.client()
        self.cells = {}

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LONG)
        self.process = self.manager.provisioner.process

    def start(self, code):
        cell = Cell(self, code)
        self.cells[cell.id] = cell
        return cell

    def run(self, code):
        """What a cell printed, or the result of its last line; an error fails the test."""
        cell = self.start(code).end()
        assert cell.error is None, cell.traceback
        return cell.printed or cell.result

    def error_of(self, code):
        return self.start(code).end().error

    def interrupt(self):
        self.manager.interrupt_kernel()

    def shut_down(self, restart=False):
        """The exit code after what a click on Shut Down or Restart sends: SIGINT, then a request."""
        self.interrupt()
        self.client.shutdown(restart=restart)
        return self.process.wait(LONG)

    def close(self):
        self.client.stop_channels()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.manager.cleanup_resources()
        self.file.close()


@contextmanager
def kernel_in(folder, loop):
    kernel = Kernel(folder, loop)
    try:
        kernel.connect()
        yield kernel
    finally:
        kernel.close()
