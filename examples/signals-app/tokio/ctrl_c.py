"""Starts a program, sends it Ctrl-C after its first line, and prints how it ended."""

import signal
import subprocess
import sys

program = subprocess.Popen(
    sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
)
print(program.stdout.readline(), end="")
program.send_signal(signal.SIGINT)
print("^C")
out, error = program.communicate(timeout=120)
print(out, end="")
# Not by lines: a thread of tokio may write a traceback of its own between them.
for message in ["KeyboardInterrupt", "called `Result::unwrap()` on an `Err` value: ()"]:
    if message in error:
        print(message)
print("exit code", program.returncode)
