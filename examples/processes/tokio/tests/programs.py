"""Runs programs in a folder of their own, and ends what they started."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).parent.parent

# How long a call hangs until we believe it. The call has begun by then, and would need 0.01 seconds.
HANG = 2

COMMON = """
import asyncio, multiprocessing, os, signal, sys, warnings
from concurrent.futures import ProcessPoolExecutor
import market
from market import PriceList, Shop

warnings.simplefilter("ignore", DeprecationWarning)

def within(seconds, coroutine):
    try:
        return asyncio.run(asyncio.wait_for(coroutine, seconds))
    except asyncio.TimeoutError:
        return "hangs"

def price(seconds):
    return within(seconds, Shop().price("tea"))

def price_sync(seconds):
    signal.alarm(seconds)
    return Shop().price_sync("tea")

def fork(child, *arguments):
    read, write = os.pipe()
    # Out of the way of a child that closes its descriptors.
    answer = os.dup2(write, 900)
    os.close(write)
    pid = os.fork()
    if pid == 0:
        try:
            os.write(answer, str(child(*arguments)).encode())
        finally:
            os._exit(0)
    os.close(answer)
    return pid, read

def said_by(forked):
    pid, read = forked
    with open(read) as answer:
        text = answer.read()
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return "hangs" if os.WTERMSIG(status) == signal.SIGALRM else signal.Signals(os.WTERMSIG(status)).name
    return text
"""


class Program:
    """Its output and errors are read together. It ends, with all its processes, within `seconds`."""

    def __init__(self, folder, *arguments, errors=subprocess.STDOUT, seconds=120, pass_fds=(), **environment):
        path = os.pathsep.join([str(folder), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
        kept = {name: value for name, value in os.environ.items() if name != "RUST_BACKTRACE"}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**kept, "PYTHONPATH": path, "HOME": str(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        self.watchdog = threading.Timer(seconds, self.kill)
        self.watchdog.start()

    def kill(self):
        """Kills also what a program that has ended left behind, such as a worker that hangs."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        self.kill()
        self.process.wait()
        self.process.stdout.close()
        self.watchdog.cancel()

    def line_with(self, text):
        """The next line of its output that has the text."""
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if text in line:
                return line
        raise AssertionError(f"ended with {self.process.wait()}, and no line has {text!r}: {''.join(seen)}")

    def end(self):
        """Its exit code, and the lines that it still printed."""
        lines = self.process.stdout.read().splitlines()
        return self.process.wait(), lines


def printed(folder, text, *options, errors=None):
    """What a program prints that ends with 0."""
    (folder / "main.py").write_text(text)
    program = Program(folder, *options, "main.py", errors=errors)
    try:
        code, lines = program.end()
    finally:
        program.close()
    assert code == 0, (code, lines)
    return lines


def port_of(line):
    """The port in what a server says of its address: `http://127.0.0.1:8000`, or `socket ('127.0.0.1', 8000)`."""
    return int(re.search(r"127\.0\.0\.1\D+([0-9]+)", line)[1])


def get(port, path, seconds=60):
    """The answer of a server, or `hangs`."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    except socket.timeout:
        return "hangs"
    finally:
        client.close()
