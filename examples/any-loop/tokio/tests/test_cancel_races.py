"""A cancellation races the result, many times on each kind of loop: no await gets none, or two.

`CANCEL_RACES` is the number of races on each (300 unless set), or more until both have won once.
"""

import asyncio
import os
import time
from collections import Counter

import anyio
import anyio.lowlevel
import pytest
import trio
from bakery import _native, any_loop
from loops import RUNNERS, run, wait_until_the_oven_is_empty

RACES = int(os.environ.get("CANCEL_RACES", "300"))
SECONDS = 60 + RACES / 10


async def race_in_asyncio(awaited, iterations):
    task = asyncio.create_task(awaited())
    for _ in range(iterations):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return "cancelled" if task.cancelled() else task.result()


async def race_in_trio(awaited, iterations):
    ends = []

    async def one():
        ends.append(await awaited())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one)
        for _ in range(iterations):
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    return ends[0] if ends else "cancelled"


async def race_in_anyio(awaited, iterations):
    ends = []

    async def one():
        ends.append(await awaited())

    async with anyio.create_task_group() as group:
        group.start_soon(one)
        for _ in range(iterations):
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    return ends[0] if ends else "cancelled"


BREADS = ("rye", "baguette")
RACE = {
    "asyncio": race_in_asyncio,
    "trio": race_in_trio,
    "anyio-asyncio": race_in_anyio,
    "anyio-trio": race_in_anyio,
}


@pytest.mark.parametrize("loop", RUNNERS)
def test_each_await_ends_once_with_its_result_or_cancelled(loop):
    delivered = Counter()

    def start(schedule, deliver, number, seconds):
        def deliver_and_count(*result):
            delivered[number] += 1
            deliver(*result)

        # A result that ends the next await would be of the other bread.
        return _native.bake(schedule, deliver_and_count, BREADS[number % 2], seconds)

    async def main():
        ends = Counter()
        deadline = time.monotonic() + SECONDS / 2
        iterations = number = 0
        while number < RACES or (len(ends) < 2 and time.monotonic() < deadline):
            end = await RACE[loop](lambda: any_loop.wait(start, number, 0), iterations)
            assert end in ("cancelled", f"{BREADS[number % 2]} is ready")
            ends["cancelled" if end == "cancelled" else "ready"] += 1
            # Stays where both are as likely, and gets there soon however slow the machine is.
            iterations = 2 * iterations + 1 if end == "cancelled" else iterations // 2
            number += 1
        return ends

    ends = run(loop, main, SECONDS)
    assert set(ends) == {"cancelled", "ready"}, ends
    assert set(delivered.values()) == {1}
    wait_until_the_oven_is_empty()
    print(loop, dict(ends), "delivered", len(delivered))
