"""Runs a script in a child process, sends it Ctrl-C, and prints the outcome."""

import os
import signal
import subprocess
import sys


def press_ctrl_c(then: str = "") -> None:
    """Returns at once in the child; in the parent, prints the outcome and exits."""
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
