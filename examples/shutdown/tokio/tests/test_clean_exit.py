"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine.

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
import asyncio, journal, os
asyncio.run(journal.Journal(os.devnull).close())
"""

# Nobody awaits these: their results come while the loop closes, or Python ends.
PENDING = """
import asyncio, os, sys
from journal import _native

async def main():
    for _ in range(50):
        _native.Journal(os.devnull).close()

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

# Python waits for this thread, which awaits one result after the other.
THREAD = """
import asyncio, journal, os, threading

async def main():
    for _ in range(50):
        await journal.Journal(os.devnull).close()

threading.Thread(target=asyncio.run, args=(main(),)).start()
"""

TWICE = """
import asyncio, journal, os
asyncio.run(journal.Journal(os.devnull).close())
asyncio.run(journal.Journal(os.devnull).close())
"""


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [AWAITED, PENDING, THREAD, TWICE], ids=["awaited", "pending", "thread", "twice"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
