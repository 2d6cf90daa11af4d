"""Python exits cleanly while Rust waits for Ctrl-C, or after it has come, however busy the machine."""

import sys

import pytest
from clean_exits import assert_clean_exits

WATCHED = """
import ctrl_c_handler
for _ in range(50):
    ctrl_c_handler.watch_ctrl_c()
"""

PRESSED = """
import signal
import ctrl_c_handler

signal.signal(signal.SIGINT, signal.SIG_DFL)
for _ in range(50):
    ctrl_c_handler.watch_ctrl_c()
signal.raise_signal(signal.SIGINT)
while not ctrl_c_handler.seen():
    pass
"""


@pytest.mark.parametrize("program", [WATCHED, PRESSED], ids=["watched", "pressed"])
def test_every_exit_is_clean(program):
    if program is PRESSED and sys.platform == "win32":
        pytest.skip("Windows sends no SIGINT to one process")
    assert_clean_exits(program)
