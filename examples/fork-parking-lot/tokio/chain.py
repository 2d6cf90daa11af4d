import os
import select
import signal
import subprocess
import sys
import warnings

import parked

GENERATIONS = 300


def chain():
    """Each process counts, reports that, and forks the next one, then exits."""
    for generation in range(GENERATIONS):
        parked.count(os.devnull)
        os.write(1, b"%d\n" % generation)
        if os.fork():
            os._exit(0)


def last_generation():
    """The last one that reported, before the end or ten silent seconds."""
    command = [sys.executable, __file__, "chain"]
    # No buffer, because `select` does not see data in a buffer.
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "bufsize": 0}
    run = subprocess.Popen(command, start_new_session=True, **pipes)
    last = b"-1"
    while select.select([run.stdout], [], [], 10)[0]:
        line = run.stdout.readline()
        if not line:
            return int(last)
        last = line
    os.killpg(run.pid, signal.SIGKILL)
    return int(last)


if sys.argv[1:] == ["chain"]:
    # Python warns of such deadlocks.
    warnings.simplefilter("ignore", DeprecationWarning)
    chain()
    os._exit(0)
elif __name__ == "__main__":
    well = last_generation() == GENERATIONS - 1
    print("every child has counted" if well else "a child has crashed, or hangs")
