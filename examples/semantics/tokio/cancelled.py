import asyncio
import gc
import subprocess
import sys

from semantics import WAYS, answer, next_step, outcome, show, started, step


async def cancel(way):
    task = await started(way.work())
    task.cancel()
    await asyncio.wait([task])
    return await outcome()


async def timeout(way):
    try:
        await asyncio.wait_for(way.work(), 0.3)
    except asyncio.TimeoutError:
        assert (await step())[0] == "started"
        return await outcome()


async def shield(way):
    inside = asyncio.ensure_future(way.work())
    task = await started(asyncio.shield(inside))
    task.cancel()
    await asyncio.wait([task])
    found = await outcome()
    await inside
    return found


async def nobody_awaits(way):
    # A coroutine that has not started can no longer start. A future may start late.
    seconds = 0.1 if asyncio.iscoroutine(way.work()) else 60
    gc.collect()
    return await outcome() if next_step(seconds) else "never starts"


async def forgotten(way):
    await started(way.work())
    gc.collect()
    return await outcome()


def run_ends(way):
    async def main():
        await started(way.work())

    asyncio.run(main())
    return asyncio.run(outcome())


def run_ends_without_a_task(way):
    async def main():
        return way.work()

    awaitable = asyncio.run(main())
    seconds = 0.1 if asyncio.iscoroutine(awaitable) else 60
    return asyncio.run(outcome()) if next_step(seconds) else "never starts"


def loop_closed(way):
    async def main():
        # A destroyed task would be logged.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        tasks.append(await started(way.work()))

    tasks = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    answer()
    # Only the loop's thread could finish it, which is this one.
    seconds = 0.1 if way is WAYS["async fn"] else 60
    found = next_step(seconds)
    assert not tasks[0].done()
    return {"finished": "keeps running", None: "never resumes"}[found and found[0]]


AT_EXIT = """
import asyncio, sys
from semantics import WAYS, begin, started

async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    tasks.append(await started(WAYS[sys.argv[1]].work()))

begin(True)
tasks = []
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
"""


def python_exits(way):
    name = next(name for name in WAYS if WAYS[name] is way)
    command = [sys.executable, "-c", AT_EXIT, name]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, ""), run
    return {"started": "not dropped", "started dropped": "dropped"}[" ".join(run.stdout.split())]


show(
    "the Rust future, when",
    {
        "the task awaiting it is cancelled": cancel,
        "wait_for times out": timeout,
        "a shield around it is cancelled": shield,
        "it is not awaited or kept": nobody_awaits,
        "the task awaiting it is forgotten": forgotten,
        "asyncio.run ends, a task awaits it": run_ends,
        "asyncio.run ends, no task awaits it": run_ends_without_a_task,
        "its loop is closed without a cancel": loop_closed,
        "Python exits": python_exits,
    },
)


async def child(way):
    task = await started(way.work_in_child())
    task.cancel()
    await asyncio.wait([task])
    return await outcome()


class Coroutine:
    """It waits, and reports whether it was cancelled."""

    def __init__(self):
        self.entered = asyncio.Event()
        self.may_end = asyncio.Event()
        self.end = asyncio.get_running_loop().create_future()

    async def run(self):
        self.entered.set()
        try:
            await self.may_end.wait()
            self.end.set_result("keeps running")
        except asyncio.CancelledError:
            self.end.set_result("cancelled")
            raise

    async def outcome(self):
        # Any cancellation has reached the loop by now.
        await asyncio.sleep(0)
        self.may_end.set()
        return await self.end


async def coroutine(way):
    python = Coroutine()
    task = await started(way.await_python(python.run()))
    await python.entered.wait()
    task.cancel()
    await asyncio.wait([task])
    assert (await step())[0] == "dropped"
    return await python.outcome()


async def coroutine_given_up(way):
    python = Coroutine()
    task = await started(way.give_up(python.run()))
    await python.entered.wait()
    answer()
    assert (await step())[0] == "dropped"
    await task
    return await python.outcome()


async def coroutine_cancelled(way):
    python = Coroutine()
    inside = asyncio.ensure_future(python.run())
    task = await started(way.await_python(inside))
    await python.entered.wait()
    inside.cancel()
    await asyncio.wait([task])
    return (await step())[0].replace("gets ", "")


print()
show(
    "what depends on it",
    {
        "a child, after a cancel": child,
        "a coroutine, after a cancel": coroutine,
        "a coroutine, if Rust drops the wait": coroutine_given_up,
        "Rust, if the coroutine is cancelled": coroutine_cancelled,
    },
)
