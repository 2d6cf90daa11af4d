"""Python exits cleanly while tokio logs, and up to 3.13 may crash while a thread of its own does."""

import re
import sys
import sysconfig

import pytest
from clean_exits import assert_clean_exits, exit_of

LOGGING = """
import logging, threading
from logging_mistakes import _native

logged = threading.Semaphore(0)

class Count(logging.Handler):
    def emit(self, record):
        logged.release()

logging.basicConfig(level=logging.INFO, handlers=[Count()])
for _ in range(3):
    _native.log_on_tokio()
for _ in range(9):
    logged.acquire()
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

PROGRAMS = {"awaited": AWAITED, "logging on tokio": LOGGING}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)


# The log call needs the GIL again while Python finalizes, which is otherwise a matter of luck.
FINALIZING = """
import logging, sys, threading, time
from logging_mistakes import _native

logging_now = threading.Event()
gate = threading.Lock()
gate.acquire()

def hold(record):
    logging_now.set()
    gate.acquire()
    return False

class AtFinalization:
    def __del__(self, come_back=gate.release, sleep=time.sleep):
        come_back()
        sleep(5)

logging.basicConfig(level=logging.INFO)
logging.getLogger("logging_mistakes").addFilter(hold)
_native.log_on_thread()
logging_now.wait()
sys.modules["last"] = AtFinalization()
"""


@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")
def test_a_thread_of_its_own_that_logs_while_python_finalizes_crashes_the_exit_up_to_3_13():
    code, error = exit_of(FINALIZING)
    if sys.version_info >= (3, 14):
        assert (code, error) == (0, "")
        return
    assert code < 0, error
    # With SIGSEGV there may be no message.
    said = "Fatal Python error: Py(GILState_Release|ThreadState_Get): |FATAL: exception not rethrown|$"
    assert re.match(said, error.partition("\n")[0]), error
