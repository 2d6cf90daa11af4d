"""Python exits cleanly while a kitchen works, however busy the machine.

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
import asyncio
from kitchen import Kitchen

async def main():
    kitchen = Kitchen()
    await asyncio.gather(*(kitchen.cook(str(n), 0.01) for n in range(50)))

asyncio.run(main())
"""

# Nobody awaits these: their results come while the loop closes, or Python ends, or never.
PENDING = """
import asyncio, sys
from kitchen import Kitchen

async def main():
    global kitchen
    kitchen = Kitchen()
    for n in range(50):
        kitchen.cook("rice", n / 1000)
        kitchen.cook("soup", 3600)
    await kitchen.stove()

sys.excepthook = lambda *error: None
asyncio.run(main())
"""


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [AWAITED, PENDING], ids=["awaited", "pending"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
