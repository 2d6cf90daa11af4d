"""Python exits cleanly while tokio logs, and may crash while a thread of its own does."""

import sys

import pytest
from clean_exits import assert_clean_exits, exit_of

LOGGING = """
import logging, os, time
from logging_mistakes import _native
logging.basicConfig(level=logging.INFO, stream=open(os.devnull, "w"))
for _ in range(3):
    _native.{log}()
time.sleep(0.05)
"""

AWAITED = """
import asyncio, logging, os
from logging_mistakes import _native
logging.basicConfig(level=logging.INFO, stream=open(os.devnull, "w"))

async def main():
    stock = _native.Stock(10)
    await stock.take_locked(1)
    await _native.pack_kept(7, os.devnull)

asyncio.run(main())
"""

PROGRAMS = {"awaited": AWAITED, "logging on tokio": LOGGING.format(log="log_on_tokio")}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 lets such a thread hang, and nothing crashes")
def test_while_a_thread_of_its_own_logs_an_exit_can_crash():
    program = LOGGING.format(log="log_on_thread")
    exits = (exit_of(program) for _ in range(200))
    crash = next(error for code, error in exits if code)
    assert "Fatal Python error: " in crash or "exception not rethrown" in crash
