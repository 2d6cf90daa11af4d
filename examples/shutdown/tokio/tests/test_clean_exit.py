"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, journal, os
asyncio.run(journal.Journal(os.devnull).close())
"""

# Not awaited: their results come while the loop closes, or Python ends.
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


@pytest.mark.parametrize("program", [AWAITED, PENDING, THREAD, TWICE], ids=["awaited", "pending", "thread", "twice"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
