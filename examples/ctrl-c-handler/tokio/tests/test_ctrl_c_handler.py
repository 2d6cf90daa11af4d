"""What a library does to the Ctrl-C of its program, a test for each sentence."""

import signal
import sys

import pytest
from pressing import HERE, KILLED, RUN_CANCELS, end_of, goes_on, press, start

if sys.platform == "win32":
    pytest.skip("Windows sends no SIGINT to one process", allow_module_level=True)


def test_a_program_that_wants_to_die_of_ctrl_c_dies_no_more():
    child = start("stolen.py")
    # Rust awaits the first one. The second is not awaited.
    for _ in range(2):
        child.send_signal(signal.SIGINT)
        assert goes_on(child)
    assert end_of(child, b"a line\n") == (0, ["got a line"], [])


def test_without_the_library_it_dies():
    program = (HERE / "stolen.py").read_text().replace("\nwatch_ctrl_c()\n", "\n")
    assert press("-c", program) == (KILLED, [], [])


# The thread gets the GIL when the main thread waits for its line, and not before.
READING = """
import sys, threading
import ctrl_c_handler

def tell():
    reading.acquire()
    print("reading")

sys.setswitchinterval(3600)
{watch}
reading = threading.Lock()
reading.acquire()
threading.Thread(target=tell, daemon=True).start()
reading.release()
print("got", sys.stdin.readline(), end="")
"""


def test_keyboard_interrupt_waits_until_a_read_is_over():
    child = start("-c", READING.format(watch="ctrl_c_handler.watch_ctrl_c()"))
    for _ in range(2):
        child.send_signal(signal.SIGINT)
        assert goes_on(child)
    assert end_of(child, b"a line\n") == (KILLED, [], ["KeyboardInterrupt"])


def test_without_the_library_it_interrupts_the_read():
    child = start("-c", READING.format(watch=""))
    child.send_signal(signal.SIGINT)
    # The first may come just before the read.
    while goes_on(child, 10):
        child.send_signal(signal.SIGINT)
    assert end_of(child) == (KILLED, [], ["KeyboardInterrupt"])


# The system may run the handler on a thread of tokio that is starting. The main thread sees what it
# has noted when it acquires the GIL again: these programs release it, over and over.
TAKEN_BACK = """
import signal, time
import ctrl_c_handler

ctrl_c_handler.watch_ctrl_c()
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print("waiting")
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("Rust has seen", ctrl_c_handler.seen())
"""


def test_who_installs_a_handler_later_takes_ctrl_c_from_rust():
    assert press("-c", TAKEN_BACK) == (0, ["Rust has seen 0"], [])


BOTH = """
import ctrl_c_handler
import time

ctrl_c_handler.watch_ctrl_c()
try:
    print("waiting")
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    while not ctrl_c_handler.seen():
        pass
    print("Rust has seen", ctrl_c_handler.seen())
"""


def test_else_both_see_it():
    assert press("-c", BOTH) == (0, ["Rust has seen 1"], [])


ASYNCIO_RUN = """
import asyncio
import ctrl_c_handler

async def main():
    asyncio.get_running_loop().call_soon(print, "waiting")
    while True:
        await asyncio.sleep(0.01)

ctrl_c_handler.watch_ctrl_c()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    while not ctrl_c_handler.seen() and {waits}:
        pass
    print("Rust has seen", ctrl_c_handler.seen())
"""


def test_asyncio_run_is_such_a_one_from_3_11_on():
    program = ASYNCIO_RUN.format(waits=not RUN_CANCELS)
    seen = 0 if RUN_CANCELS else 1
    assert press("-c", program) == (0, [f"Rust has seen {seen}"], [])
