"""What the tests share, and what no test may leave behind."""

# ANCHOR: imports
import asyncio
import importlib.util
import os
import time

import pytest
from printshop import Press, running
# ANCHOR_END: imports


# ANCHOR: press
@pytest.fixture(scope="session")
async def press(tmp_path_factory):
    async with Press(tmp_path_factory.mktemp("press") / "orders.txt") as press:
        yield press
# ANCHOR_END: press


# ANCHOR: deadline
DEADLINE = 60.0


def cancel_all_but(old, reason):
    new = asyncio.all_tasks() - old
    for task in new:
        task.cancel(reason)
    return new


@pytest.fixture(autouse=True)
async def deadline():
    """Cancels a test that takes too long, where it awaits."""
    loop = asyncio.get_running_loop()
    reason = f"no end after {DEADLINE:g} seconds"
    timer = loop.call_later(DEADLINE, cancel_all_but, asyncio.all_tasks(), reason)
    yield
    timer.cancel()
# ANCHOR_END: deadline


# ANCHOR: no_leftovers
PATIENCE = 20.0  # Rust drops a cancelled future a moment later.


def open_files():
    return len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0


@pytest.fixture(autouse=True)
async def no_leftovers(deadline):
    """Fails a test that leaves a task, a Rust future or an open file to the next test."""
    # The first call of `running` starts tokio, which opens files.
    tasks, futures = asyncio.all_tasks(), running()
    files = open_files()
    yield
    left = cancel_all_but(tasks | {asyncio.current_task()}, "left by a test")
    await asyncio.gather(*left, return_exceptions=True)
    end = time.monotonic() + PATIENCE
    while (running() > futures or open_files() > files) and time.monotonic() < end:
        await asyncio.sleep(0.01)
    assert not left, f"the test has left tasks: {left}"
    assert running() <= futures, "the test has left a Rust future that runs"
    assert open_files() <= files, "the test has left an open file"
# ANCHOR_END: no_leftovers


# ANCHOR: loops
LOOPS = {"asyncio": asyncio.new_event_loop}
if importlib.util.find_spec("uvloop"):
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories():
    return LOOPS
# ANCHOR_END: loops
