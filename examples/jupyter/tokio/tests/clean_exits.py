"""Runs a program to its exit many times, six at a time, and wants every exit to be clean.

`CLEAN_EXITS` is the number of exits (12 unless set).
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6


def exit_of(program):
    """The exit code of a Python program, and what it printed to stderr."""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


def assert_clean_exits(program):
    """Each exit has code 0 and prints nothing to stderr."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    unclean = [end for end in exits if end != (0, "")]
    # pytest explains an assertion in a file of tests alone.
    assert unclean == [], f"not clean: {unclean}"
    assert len(exits) == EXITS
