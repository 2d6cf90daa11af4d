"""Starts a program, sends it Ctrl-C after the expected output, and prints how it ended."""

import signal
import subprocess
import sys

program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
for line in program.stdout:
    print(line, end="")
    if "costs" in line:
        break
program.send_signal(signal.SIGINT)
print("^C")
print(program.communicate(timeout=120)[0], end="")
print("exit code", program.returncode)
