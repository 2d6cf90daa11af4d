"""Starts a program that uses the module, presses Ctrl-C in it, and tells how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
KILLED = -signal.SIGINT
# Up to Python 3.10 the handler raises wherever the main thread is.
RUN_CANCELS = sys.version_info >= (3, 11)


def start(*program):
    """The program, when it has printed its first line."""
    environment = {**os.environ, "PRESSED": "yes", "PYTHONUNBUFFERED": "yes"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # Without a buffer, the line that is read here is all that `communicate` will miss.
    child = subprocess.Popen(
        [sys.executable, *program], bufsize=0, cwd=HERE, env=environment, **pipes
    )
    assert child.stdout.readline()
    return child


def end_of(child, line=None):
    """How it ends: exit code, what it still printed, and the last line of its traceback."""
    try:
        out, error = child.communicate(line, timeout=60)
    finally:
        child.kill()
    return child.returncode, out.decode().splitlines(), error.decode().splitlines()[-1:]


def press(*program):
    child = start(*program)
    child.send_signal(signal.SIGINT)
    return end_of(child)


def goes_on(child, seconds=0.5):
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return False
