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

def closes_all(seconds=60):
    os.closerange(3, 256)
    try:
        return price(seconds)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"

def daemon():
    text = closes_all()
    os.write(1, f"{text}\\n".encode())
"""
NO_DRIVER = (
    "PanicException: failed to wake I/O driver: "
    'Os { code: 9, kind: Uncategorized, message: "Bad file descriptor" }'
)
AWAITED = "price(60); until_idle()"


def daemon(folder, first, then=""):
    program = f"""
{first}
if os.fork() == 0:
    signal.alarm(60)
    {then or "pass"}
    daemon()
    os._exit(0)
print(os.wait()[1])
"""
    return printed(folder, COMMON + DAEMON + program, errors=subprocess.DEVNULL)


def test_a_daemon_that_first_awaits_when_its_descriptors_are_closed_works(tmp_path):
    assert daemon(tmp_path, "", "shop = Shop()") == ["3", "0"]


@pytest.mark.parametrize("first, then", [(AWAITED, ""), ("", AWAITED)], ids=["before the fork", "after it"])
def test_a_daemon_that_awaits_and_then_closes_its_descriptors_gets_a_panic(tmp_path, first, then):
    assert daemon(tmp_path, first, then) == [NO_DRIVER, "0"]


# Whether the driver or the next await is first to miss its descriptor is for the scheduler to say.
WITH_A_TASK = f"""
def daemon():
    prices = PriceList()
    return closes_all({HANG})

for _ in range(10):
    print(outcome := said_by(fork(daemon)))
    if outcome == "SIGABRT":
        break
"""


def test_a_daemon_with_a_task_can_be_aborted(tmp_path):
    *others, last = printed(tmp_path, COMMON + DAEMON + WITH_A_TASK, errors=subprocess.DEVNULL)
    assert last == "SIGABRT", others
    assert set(others) <= {NO_DRIVER, "hangs"}
