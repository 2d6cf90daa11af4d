"""What Ctrl-C does to a program that uses the module, a test for each sentence.

`CTRL_CS` is the number of times to press at a random moment (8 unless set), four at a time.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import interrupting
import pytest
from pressing import KILLED, RUN_CANCELS, end_of, goes_on, press, start

if sys.platform == "win32":
    pytest.skip("Windows sends no SIGINT to one process", allow_module_level=True)

TIMES = int(os.environ.get("CTRL_CS", "8"))


def test_ctrl_c_cancels_what_main_awaits_and_rust_cleans_up():
    out = ["closed the connection", "main is cancelled"]
    assert press("awaited.py") == (KILLED, out, ["KeyboardInterrupt"])


def test_a_cancelled_query_does_not_wait_for_the_queries_of_others(monkeypatch):
    monkeypatch.setattr(interrupting, "CLOSE_TIMEOUT", 3600)

    async def main():
        other = asyncio.ensure_future(interrupting.query())
        mine = asyncio.ensure_future(interrupting.query())
        await asyncio.sleep(0)
        mine.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(mine, 60)
        interrupting.answer()
        assert await other == "the answer"

    asyncio.run(main())


IN_A_COROUTINE = """
import asyncio, signal

async def main():
    try:
        print("pressed", flush=True)
        signal.raise_signal(signal.SIGINT)
        print("the coroutine goes on to its next await")
        await asyncio.sleep(3600)
    except BaseException as error:
        print(type(error).__name__)
        raise

asyncio.run(main())
"""


def test_up_to_3_10_keyboard_interrupt_arises_inside_a_coroutine():
    child = start("-c", IN_A_COROUTINE)
    out = ["the coroutine goes on to its next await", "CancelledError"]
    assert end_of(child) == (KILLED, out if RUN_CANCELS else ["KeyboardInterrupt"], ["KeyboardInterrupt"])


def test_a_call_that_blocks_does_not_end_before_its_answer():
    child = start("blocked.py")
    child.send_signal(signal.SIGINT)
    assert goes_on(child)
    out = ["closed the connection"]
    assert end_of(child, b"answer\n") == (KILLED, out, ["KeyboardInterrupt"])


def test_without_ctrl_c_both_calls_have_their_answer():
    for function in ("query_blocked", "query_ticking"):
        program = f"import interrupting as i; i.answer(); print(i.{function}())"
        child = start("-c", program)
        assert end_of(child) == (0, ["closed the connection", "the answer"], [])


def test_a_call_that_ticks_ends_with_keyboard_interrupt_and_cleans_up():
    assert press("ticking.py") == (KILLED, ["closed the connection"], ["KeyboardInterrupt"])


# A signal that comes just before a wait without an end does not end it.
ON_ANOTHER_THREAD = """
import threading
import interrupting

def ask():
    interrupting.query_ticking()
    done.set()

done = threading.Event()
try:
    threading.Thread(target=ask).start()
    while not done.wait(0.1):
        pass
except KeyboardInterrupt:
    print("is it interrupted?", done.wait(0.5))
    interrupting.answer()
"""


def test_on_another_thread_the_tick_sees_nothing():
    out = ["is it interrupted? False", "closed the connection"]
    assert press("-c", ON_ANOTHER_THREAD) == (0, out, [])


IN_A_LOOP = """
import asyncio, sys, threading
import interrupting

async def main():
    interrupting.query_ticking()

asyncio.run(main())
"""


def test_inside_asyncio_run_the_first_ctrl_c_only_cancels_from_3_11_on():
    child = start("-c", IN_A_LOOP)
    child.send_signal(signal.SIGINT)
    if RUN_CANCELS:
        assert goes_on(child)
        child.send_signal(signal.SIGINT)
    assert end_of(child) == (KILLED, ["closed the connection"], ["KeyboardInterrupt"])


def test_a_shell_shows_130():
    shell = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c 'raise KeyboardInterrupt'; echo $?"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert shell.stdout == "130\n"


@pytest.mark.parametrize("code", [0, 1, 130])
def test_a_program_that_catches_keyboard_interrupt_chooses_its_exit_code(code):
    program = "import sys, interrupting\n" + "try: interrupting.query_ticking()\n"
    program += f"except KeyboardInterrupt: sys.exit({code})"
    assert press("-c", program) == (code, ["closed the connection"], [])


# Answers come all the time, so Ctrl-C finds the main thread anywhere.
TICKING = """
import sys, threading
import interrupting

def answer():
    while not over.wait(0.001):
        interrupting.answer()

over = threading.Event()
threading.Thread(target=answer).start()
try:
    print("ready")
    while True:
        interrupting.query_ticking()
finally:
    over.set()
    print("cleaned up")
"""

AWAITING = """
import asyncio, threading
import interrupting

def answer():
    while not over.wait(0.001):
        interrupting.answer()

async def main():
    print("ready")
    while True:
        opened.append(None)
        await interrupting.query()

opened = []
over = threading.Event()
threading.Thread(target=answer).start()
try:
    asyncio.run(main())
finally:
    over.set()
    for _ in opened:
        print("opened")
    print("cleaned up")
"""


def press_at_random(program):
    child = start("-c", program)
    time.sleep(random.uniform(0, 0.3))
    pressed = time.monotonic()
    child.send_signal(signal.SIGINT)
    code, out, error = end_of(child)
    taken = time.monotonic() - pressed
    opened = out.count("the main thread is in Rust") + out.count("opened")
    closed = out.count("closed the connection")
    return (code, error, out[-1], opened - closed), taken


@pytest.mark.parametrize("program", [TICKING, AWAITING], ids=["ticking", "awaiting"])
def test_ctrl_c_at_any_moment_ends_the_program_after_its_clean_up(program):
    if program is AWAITING and not RUN_CANCELS:
        pytest.skip("Python 3.10 and older raise anywhere, also in the clean-up")
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(press_at_random, [program] * TIMES))
    clean = (KILLED, ["KeyboardInterrupt"], "cleaned up", 0)
    assert [end for end, _ in ends if end != clean] == []
    assert len(ends) == TIMES
    print(f"{TIMES} times; the longest took {max(taken for _, taken in ends):.2f} s")
