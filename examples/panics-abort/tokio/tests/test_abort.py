"""With `panic=abort` a panic ends the process, a test for each sentence."""

import asyncio
import signal
import subprocess
import sys

import aborting
import pytest

BRIDGED = 'asyncio.run(aborting.pick(["tea"], 7))'
CALLED = 'aborting.pick_now(["tea"], 7)'

PROGRAM = """
import asyncio, atexit, aborting
atexit.register(print, "atexit", flush=True)
print("before", flush=True)
try:
    {call}
except BaseException:
    print("caught", flush=True)
finally:
    print("cleaned up", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGABRT exit code")
@pytest.mark.parametrize("call", [BRIDGED, CALLED], ids=["bridged", "called"])
def test_a_panic_ends_the_process_with_sigabrt(call):
    program = PROGRAM.format(call=call)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == -signal.SIGABRT
    assert "index out of bounds: the len is 1 but the index is 7" in ended.stderr


@pytest.mark.parametrize("call", [BRIDGED, CALLED], ids=["bridged", "called"])
def test_no_except_no_finally_and_no_atexit_runs(call):
    program = PROGRAM.format(call=call)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == "before\n"


def test_without_a_panic_nothing_changes():
    assert aborting.pick_now(["tea"], 0) == "tea"
    assert asyncio.run(aborting.pick(["tea"], 0)) == "tea"
