"""Python exits cleanly after Rust has read its generators, however busy the machine.

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
import asyncio, intake

async def numbers():
    yield 1
    yield 2

assert asyncio.run(intake.total(numbers())) == 3
"""

# A result may come after its loop has closed. The bridge then prints a traceback: no unclean exit.
CANCELLED = """
import asyncio, intake, sys
sys.excepthook = lambda *error: None

async def numbers():
    number = 0
    while True:
        yield number
        await asyncio.sleep(0)

async def main():
    tasks = [asyncio.ensure_future(intake.total(numbers())) for _ in range(20)]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

asyncio.run(main())
"""


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
