"""What the guide says of a thread for futures that are not `Send`, a test for each sentence."""

import asyncio
import re
import subprocess
import sys
import threading

import pytest
from kitchen import Kitchen, RustPanic

LONG = 3600
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS have no /proc")


def run(main):
    async def bounded():
        return await asyncio.wait_for(main(), 60)

    return asyncio.run(bounded())


async def awaited(future):
    return await future


def cook(kitchen, dish, seconds):
    """A task, which `asyncio.run` cancels at the end."""
    return asyncio.ensure_future(awaited(kitchen.cook(dish, seconds)))


async def until_on_the_stove(kitchen, *dishes):
    async def asked():
        while await kitchen.stove() != list(dishes):
            pass

    await asyncio.wait_for(asked(), 5)


# Requests and replies


def test_the_future_runs_on_the_thread_of_the_kitchen():
    async def main():
        assert await Kitchen().cook("soup", 0) == "soup, by the cook"

    run(main)


def test_a_request_does_not_wait_for_the_one_before():
    async def main():
        kitchen = Kitchen()
        soup = cook(kitchen, "soup", LONG)
        assert await kitchen.cook("rice", 0.01) == "rice, by the cook"
        assert not soup.done()

    run(main)


def test_requests_start_in_the_order_of_the_calls():
    async def main():
        dishes = [f"dish {n}" for n in range(100)]
        for _ in range(20):
            kitchen = Kitchen()
            cooking = [cook(kitchen, dish, LONG) for dish in dishes]
            assert await kitchen.stove() == dishes
            for task in cooking:
                task.cancel()

    run(main)


def test_a_request_starts_though_nobody_awaits_it():
    async def main():
        kitchen = Kitchen()
        soup = kitchen.cook("soup", LONG)
        await until_on_the_stove(kitchen, "soup")
        assert not soup.done()
        soup.cancel()

    run(main)


def test_two_loops_share_one_kitchen():
    kitchen = Kitchen()
    both = threading.Barrier(2)

    async def main(dish):
        cooking = cook(kitchen, dish, LONG)
        both.wait(60)
        assert sorted(await kitchen.stove()) == ["rice", "soup"]
        both.wait(60)
        cooking.cancel()
        return await kitchen.cook(f"more {dish}", 0)

    served = []
    threads = [
        threading.Thread(target=lambda d=dish: served.append(asyncio.run(main(d))))
        for dish in ("rice", "soup")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(served) == ["more rice, by the cook", "more soup, by the cook"]


# Cancel and panic


def test_a_cancel_drops_the_future_and_what_it_holds():
    async def main():
        kitchen = Kitchen()
        soup = cook(kitchen, "soup", LONG)
        await until_on_the_stove(kitchen, "soup")
        soup.cancel()
        await until_on_the_stove(kitchen)
        assert soup.cancelled()

    run(main)


def test_a_cancel_leaves_the_other_requests_alone():
    async def main():
        kitchen = Kitchen()
        soup, rice = cook(kitchen, "soup", LONG), cook(kitchen, "rice", LONG)
        await until_on_the_stove(kitchen, "soup", "rice")
        soup.cancel()
        await until_on_the_stove(kitchen, "rice")
        assert not rice.done()

    run(main)


def test_a_panic_ends_its_own_request_with_an_error():
    async def main():
        kitchen = Kitchen()
        soup = cook(kitchen, "soup", LONG)
        with pytest.raises(RustPanic) as caught:
            await kitchen.cook("soup", 0)
        assert type(caught.value) is RustPanic
        text = 'task [0-9]+ panicked with message "soup is on the stove"'
        assert re.fullmatch(text, str(caught.value))
        assert not soup.done()

    run(main)


def test_after_a_panic_the_thread_goes_on_and_so_do_the_other_requests():
    async def main():
        kitchen = Kitchen()
        stew = cook(kitchen, "stew", LONG)
        with pytest.raises(RustPanic):
            await kitchen.cook("stew", 0)
        assert await kitchen.stove() == ["stew"]
        assert await kitchen.cook("rice", 0) == "rice, by the cook"
        assert not stew.done()

    run(main)


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (-1, "cannot convert float seconds to Duration: value is negative"),
        (
            float("nan"),
            "cannot convert float seconds to Duration: value is either too big or NaN",
        ),
    ],
)
def test_a_time_that_is_none_raises_value_error_at_the_call(seconds, message):
    async def main():
        with pytest.raises(ValueError) as caught:
            Kitchen().cook("soup", seconds)
        assert (type(caught.value), str(caught.value)) == (ValueError, message)

    run(main)


# The end of the thread


START = """
import asyncio, gc, time
from kitchen import Kitchen
from pathlib import Path

def name(thread):
    try:
        return (thread / "comm").read_text().strip()
    except OSError:
        return "ended"

def open_kitchens():
    return [name(thread) for thread in Path("/proc/self/task").iterdir()].count("the cook")
"""


def ended(program):
    run = [sys.executable, "-c", START + program]
    exit = subprocess.run(run, capture_output=True, text=True, timeout=60)
    return exit.returncode, exit.stdout.split("\n"), exit.stderr


UNTIL_ENDED = """
gc.collect()
while open_kitchens():
    time.sleep(0.001)
print("ended")
"""


TWO = """
async def main():
    kitchens = [Kitchen(), Kitchen()]
    for kitchen in kitchens * 10:
        await kitchen.cook("soup", 0)
    print(open_kitchens())

asyncio.run(main())
"""


@needs_proc
def test_each_kitchen_has_one_thread_which_ends_after_it():
    assert ended(TWO + UNTIL_ENDED) == (0, ["2", "ended", ""], "")


def test_the_thread_waits_for_the_requests_that_are_awaited():
    async def main():
        kitchen = Kitchen()
        rice = kitchen.cook("rice", 0.5)
        del kitchen
        assert await rice == "rice, by the cook"

    run(main)


CANCELLED = """
async def main():
    kitchen = Kitchen()
    soup = kitchen.cook("soup", 3600)
    print(await kitchen.stove())
    del kitchen
    soup.cancel()

asyncio.run(main())
"""


@needs_proc
def test_when_nobody_awaits_any_more_the_thread_ends_and_drops_the_rest():
    assert ended(CANCELLED + UNTIL_ENDED) == (0, ["['soup']", "ended", ""], "")


COOKING = """
async def main():
    global kitchen, soup
    kitchen = Kitchen()
    soup = kitchen.cook("soup", 3600)
    print(await kitchen.stove())

asyncio.run(main())
"""


@needs_proc
def test_python_exits_without_waiting_for_the_thread():
    program = COOKING + "print(open_kitchens())"
    assert ended(program) == (0, ["['soup']", "1", ""], "")


@needs_proc
def test_a_request_that_nobody_cancels_keeps_the_thread_after_its_loop():
    dropped = "del kitchen, soup; gc.collect(); time.sleep(0.2); print(open_kitchens())"
    assert ended(COOKING + dropped) == (0, ["['soup']", "1", ""], "")
