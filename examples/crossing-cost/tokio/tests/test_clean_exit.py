"""Python exits cleanly after calls in every way, however busy the machine.

`CLEAN_EXITS` is the number of exits to try (12 unless set), six at a time.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6
PACKAGE = next(path.name for path in Path("python").iterdir() if path.is_dir())

IMPORT = f"""
import asyncio
from {PACKAGE} import _native
"""

AWAITED = """
WAYS = ["bridge", "bridge_hop", "bridge_async_std", "polled_worker", "polled_later", "polled_spawned"]

async def main():
    for way in WAYS + ["from_thread"]:
        if hasattr(_native, way):
            await getattr(_native, way)()

asyncio.run(main())
"""

GATHERED = """
async def main():
    calls = [_native.bridge() for _ in range(50)]
    if hasattr(_native, "polled_later"):
        calls += [_native.polled_later() for _ in range(50)]
        calls += [_native.from_thread() for _ in range(50)]
    await asyncio.gather(*calls)

asyncio.run(main())
"""


def exit_of(program):
    command = [sys.executable, "-c", IMPORT + program]
    run = subprocess.run(command, capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [AWAITED, GATHERED], ids=["awaited", "gathered"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
