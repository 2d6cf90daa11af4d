"""Starts a script again, presses Ctrl-C in it, and tells what comes of it."""

import os
import signal
import subprocess
import sys


def press_ctrl_c(then: str = "") -> None:
    """In the script that is started again, returns at once; else ends with its story."""
    if "PRESSED" in os.environ:
        return
    script = subprocess.Popen(
        [sys.executable, *sys.argv],
        env={**os.environ, "PRESSED": "yes", "PYTHONUNBUFFERED": "yes"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert script.stdout is not None
    print(script.stdout.readline(), end="")
    script.send_signal(signal.SIGINT)
    print("^C")
    if then:
        try:
            script.wait(timeout=1)
        except subprocess.TimeoutExpired:
            print("still running a second later")
    out, error = script.communicate(then, timeout=120)
    print(out, end="")
    for line in error.splitlines()[-1:]:
        print(line)
    print("exit code", script.returncode)
    sys.exit()
