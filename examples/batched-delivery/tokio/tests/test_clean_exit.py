"""Python exits cleanly after an await of Rust, however busy the machine.

`CLEAN_EXITS` is the number of exits to try (12 unless set), six at a time.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6

IMPORTS = """
import asyncio, letterbox
from letterbox import _native
letterbox.answer(1)
"""

PROGRAMS = {
    "awaited": """
asyncio.run(letterbox.letter())
""",
    "pending": """
async def main():
    for _ in range(50):
        asyncio.ensure_future(_native.held())
    await asyncio.sleep(0.01)

asyncio.run(main())
""",
}


def exit_of(program):
    program = IMPORTS + program
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
