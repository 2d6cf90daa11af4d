"""Python exits cleanly after an await of Rust, however busy the machine."""

import importlib.util

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import strict_resolver
run(strict_resolver.resolve("127.0.0.1"))
"""

# The runtime has not even started all its threads when Python ends.
AT_ONCE = """
import sys
from strict_resolver import _native

async def main():
    _native.resolve("127.0.0.1")

sys.excepthook = lambda *error: None  # The result may come when the loop is closed.
run(main())
"""

# Not awaited: results come while the loop closes, when it is closed, and while Python ends.
PENDING = """
import sys
from strict_resolver import _native

async def main():
    for _ in range(200):
        _native.resolve("127.0.0.1")

sys.excepthook = lambda *error: None
run(main())
"""

NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")

PROGRAMS = {"awaited": AWAITED, "at once": AT_ONCE, "pending": PENDING}
LOOPS = ["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program, loop):
    assert_clean_exits(f"from {loop} import run\n{program}")
