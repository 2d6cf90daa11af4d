"""The stop at exit covers tasks of the user's own that attach, which the plain bridge does not."""

import sys

import clean_exits
import pytest
from clean_exits import assert_clean_exits

ENDS_THREADS = sys.version_info < (3, 14)
ATTACHING = """
import time, exits
{stop}
exits._native.attach_all_the_time()
time.sleep(0.1)
"""
STOP = "exits._native.stop_at_exit()"


def test_every_exit_is_clean_while_tasks_attach_all_the_time():
    assert_clean_exits(ATTACHING.format(stop=STOP))


@pytest.mark.skipif(not ENDS_THREADS, reason="CPython 3.14 ends no thread")
def test_without_the_stop_tasks_that_attach_crash_the_exit(monkeypatch):
    # A single exit may be clean by chance.
    monkeypatch.setattr(clean_exits, "EXITS", max(clean_exits.EXITS, 12))
    with pytest.raises(AssertionError):
        assert_clean_exits(ATTACHING.format(stop=""))
