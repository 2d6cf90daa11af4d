"""Python exits cleanly after an await of Rust, and so do forked children, however busy the machine.

`CLEAN_EXITS` is the number of exits to try (12 unless set), six at a time.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6

AWAITED = """
import asyncio, counting, os
asyncio.run(counting.count(os.devnull))
"""

# A result may come after its loop has closed. The bridge then prints a traceback: no unclean exit.
CANCELLED = """
import asyncio, counting, os, sys
sys.excepthook = lambda *error: None

async def main():
    tasks = [asyncio.ensure_future(counting.count(os.devnull)) for _ in range(50)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

asyncio.run(main())
"""

# Parent and child both await, before and after the fork, and both exit as Python does.
FORKED = """
import asyncio, counting, os, signal, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
asyncio.run(counting.count(os.devnull))
child = os.fork()
signal.alarm(50)  # Ends a child that the time limit of its parent would not end.
asyncio.run(counting.count(os.devnull))
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

UNUSED_IN_THE_CHILD = """
import asyncio, counting, os, signal, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
asyncio.run(counting.count(os.devnull))
child = os.fork()
signal.alarm(50)  # Ends a child that the time limit of its parent would not end.
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

PROGRAMS = {"awaited": AWAITED, "cancelled": CANCELLED, "forked": FORKED, "unused": UNUSED_IN_THE_CHILD}


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
