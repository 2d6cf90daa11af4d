"""A daemon closes the file descriptors that it has, and with them those of tokio."""

import subprocess
import sys

import pytest
from programs import COMMON, HANG, printed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="another I/O driver on macOS")

DAEMON = """
import time

def until_idle():
    # All other threads sleep, and none has been awake since the last look.
    seen, before = None, []
    while seen != before or not all(status[0].endswith("S (sleeping)") for status in seen):
        time.sleep(0.05)
        before, seen = seen, [status_of(thread) for thread in others()]

def others():
    return sorted(set(os.listdir("/proc/self/task")) - {str(os.getpid())})

def status_of(thread):
    with open(f"/proc/self/task/{thread}/status") as status:
        return [line.strip() for line in status if line.startswith(("State:", "voluntary"))]

def closes_all(seconds):
    os.closerange(3, 256)
    try:
        return price(seconds)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
"""
NO_DRIVER = (
    "PanicException: failed to wake I/O driver: "
    'Os { code: 9, kind: Uncategorized, message: "Bad file descriptor" }'
)
AWAITED = "price(60); until_idle()"
# The next await wakes the worker that waits for the driver, or another: that is for the scheduler to say.
UNTIL = """
def daemon():
    {in_child}
    return closes_all({seconds})

for _ in range(20):
    {in_parent}
    print(outcome := said_by(fork(daemon)))
    if outcome == {wanted!r}:
        break
"""


def outcomes(folder, wanted, in_parent="", in_child="", seconds=HANG):
    """How daemons end, one after the other, until one ends as wanted."""
    program = UNTIL.format(
        wanted=wanted, in_parent=in_parent or "pass", in_child=in_child or "pass", seconds=seconds
    )
    return printed(folder, COMMON + DAEMON + program, errors=subprocess.DEVNULL)


def test_a_daemon_that_first_awaits_when_its_descriptors_are_closed_works(tmp_path):
    assert outcomes(tmp_path, "3", in_child="shop = Shop()", seconds=60) == ["3"]


WHERE = [{"in_parent": AWAITED}, {"in_child": AWAITED}]


@pytest.mark.parametrize("where", WHERE, ids=["before the fork", "after it"])
def test_a_daemon_that_awaits_and_then_closes_its_descriptors_gets_a_panic_or_hangs(tmp_path, where):
    *others, last = outcomes(tmp_path, NO_DRIVER, **where)
    assert last == NO_DRIVER, others
    assert set(others) <= {"hangs"}


def test_a_daemon_with_a_task_can_be_aborted(tmp_path):
    *others, last = outcomes(tmp_path, "SIGABRT", in_child="prices = PriceList()")
    assert last == "SIGABRT", others
    assert set(others) <= {NO_DRIVER, "hangs"}
