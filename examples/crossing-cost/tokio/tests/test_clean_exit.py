"""Python exits cleanly after calls in every way, however busy the machine."""

from pathlib import Path

import pytest
from clean_exits import assert_clean_exits

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


@pytest.mark.parametrize("program", [AWAITED, GATHERED], ids=["awaited", "gathered"])
def test_every_exit_is_clean(program):
    assert_clean_exits(IMPORT + program)
