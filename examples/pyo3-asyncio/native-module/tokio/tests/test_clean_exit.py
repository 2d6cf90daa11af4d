"""Python exits cleanly after an await of Rust, however busy the machine."""

import importlib.util

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import sleeper
run(sleeper.rust_sleep(0.01))
"""

CANCELLED = """
import asyncio, sleeper

async def main():
    for _ in range(50):
        asyncio.ensure_future(sleeper.rust_sleep(3600))
    await asyncio.sleep(0.01)

run(main())
"""

# The runtime has not even started all its threads when Python ends.
AT_ONCE = """
import sys
from sleeper import _native

async def main():
    _native.rust_sleep(0)

sys.excepthook = lambda *error: None  # The result may come when the loop is closed.
run(main())
"""

# Not awaited: results come while the loop closes, when it is closed, and while Python ends.
PENDING = """
import sys
from sleeper import _native

async def main():
    for number in range(200):
        _native.rust_sleep(number / 2000)

sys.excepthook = lambda *error: None
run(main())
"""

FORKED = """
import os, sys, sleeper
child = os.fork()
run(sleeper.rust_sleep(0.01))
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")

PROGRAMS = {
    "awaited": AWAITED,
    "cancelled": CANCELLED,
    "at once": AT_ONCE,
    "pending": PENDING,
    "forked": FORKED,
}
LOOPS = ["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program, loop):
    assert_clean_exits(f"from {loop} import run\n{program}")
