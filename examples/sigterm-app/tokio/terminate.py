"""Starts a program, sends it SIGTERM after its first line, and prints how it ended."""

import subprocess
import sys

program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(program.stdout.readline(), end="")
program.terminate()
print(program.communicate(timeout=120)[0], end="")
print("exit code", program.returncode)
