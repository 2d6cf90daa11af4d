"""Python exits cleanly after Rust awaited Python, however busy the machine.

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
import asyncio, waiter
asyncio.run(waiter.await_coro(asyncio.sleep(0.01)))
"""

CANCELLED = """
import asyncio, waiter

async def main():
    for _ in range(50):
        asyncio.ensure_future(waiter.await_coro(asyncio.sleep(3600)))
    await asyncio.sleep(0.01)

asyncio.run(main())
"""

BLOCKED = """
import asyncio, waiter
waiter.block_on_coro(asyncio.sleep(0.01))
"""


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [AWAITED, CANCELLED, BLOCKED], ids=["awaited", "cancelled", "blocked"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
