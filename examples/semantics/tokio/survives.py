import asyncio
import sys
import threading

from semantics import WAYS, answer, begin, next_step, show, started, step


async def finished(way):
    task = await started(way.work())
    answer()
    return {"42": "works"}[await task]


def second_run(way):
    asyncio.run(finished(way))
    begin(False)
    return asyncio.run(finished(way))


async def after_a_cancel(way):
    task = await started(way.work())
    task.cancel()
    await asyncio.wait([task])
    assert (await step())[0] == "dropped"
    begin(False)
    return await finished(way)


async def after_a_panic(way):
    task = await started(way.panic())
    await asyncio.wait([task])
    assert type(task.exception()).__name__ in ("RustPanic", "PanicException")
    assert (await step())[0] == "dropped"
    begin(False)
    return await finished(way)


async def awaited_again(way):
    awaitable = way.work()
    task = await started(awaitable)
    answer()
    result = await task
    try:
        return {result: "same result"}[await awaitable]
    except RuntimeError as error:
        assert str(error) == "cannot reuse already awaited coroutine", error
        return "RuntimeError"


def in_the_next_run(way):
    async def main():
        return way.work()

    awaitable = asyncio.run(main())

    async def next_main():
        try:
            task = await started(awaitable)
            # A task whose future is refused gets the error in its next step.
            for _ in range(3):
                await asyncio.sleep(0)
            if not task.done():
                answer()
            return {"42": "works"}[await task]
        except RuntimeError as error:
            assert "attached to a different loop" in str(error), error
            return "RuntimeError"

    return asyncio.run(next_main())


def result_for_a_closed_loop(way):
    reports = []
    reported = threading.Event()

    def report(kind, error, traceback):
        reports.append(str(error))
        reported.set()

    async def main():
        return asyncio.ensure_future(way.work()), await step()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)
    future, first = loop.run_until_complete(main())
    assert first[0] == "started"
    loop.close()
    hook, sys.excepthook = sys.excepthook, report
    answer()
    # The answer wakes an async fn before it returns; a result of the bridge comes later.
    reported.wait(0 if way is WAYS["async fn"] else 60)
    sys.excepthook = hook
    assert not future.done()
    return {(): "lost", ("Event loop is closed",): "lost, reported"}[tuple(reports)]


def child(way):
    async def main():
        await started(way.work_in_child())

    asyncio.run(main())
    answer()
    return {"finished": "keeps running"}[next_step(60)[0]]


show(
    "what survives",
    {
        "its runtime, in a second run": second_run,
        "its runtime, after a cancel": after_a_cancel,
        "its runtime, after a panic": after_a_panic,
        "its result, awaited again": awaited_again,
        "its awaitable, in a second run": in_the_next_run,
        "its result, when the loop is closed": result_for_a_closed_loop,
        "its child, when the loop is closed": child,
    },
)
