import asyncio
import threading

from semantics import answer, show, started, step, this_thread

NAMES = {"MainThread": "the loop's", "waker": "the waker's"}


def kind(thread):
    return NAMES.get(thread, thread)


async def finished(way):
    """The threads of each step of a future that another thread gives its answer."""
    task = await started(way.work())
    threading.Thread(target=answer, name="waker").start()
    steps = dict([await step() for _ in range(3)])
    await task
    return steps


def at(name):
    async def probe(way):
        return kind((await finished(way))[name])

    return probe


async def first_poll(way):
    task = asyncio.ensure_future(way.work())
    name, thread = await step()
    assert name == "started"
    answer()
    await task
    return kind(thread)


async def dropped_by_a_cancel(way):
    task = await started(way.work())
    task.cancel()
    name, thread = await step()
    assert name == "dropped"
    return kind(thread)


async def called_from_rust(way):
    return kind(await way.call_python(this_thread))


async def coroutine(way):
    async def python():
        return this_thread()

    return kind(await way.await_python(python()))


async def wakes_the_loop(way):
    task = await started(way.work())
    loop = asyncio.get_running_loop()
    call_soon_threadsafe = loop.call_soon_threadsafe
    threads = []

    def noting(*arguments, **options):
        threads.append(this_thread())
        return call_soon_threadsafe(*arguments, **options)

    loop.call_soon_threadsafe = noting
    threading.Thread(target=answer, name="waker").start()
    await task
    return kind(threads[0])


async def done_callback(way):
    awaitable = asyncio.ensure_future(way.work())
    assert (await step())[0] == "started"
    threads = []
    awaitable.add_done_callback(lambda _: threads.append(this_thread()))
    answer()
    await awaitable
    await asyncio.sleep(0)
    return kind(threads[0])


class Witness:
    def __init__(self):
        self.threads = []

    def __del__(self):
        self.threads.append(this_thread())


async def python_object(way):
    witness = Witness()
    threads = witness.threads
    task = await started(way.work_with(witness))
    del witness
    threading.Thread(target=answer, name="waker").start()
    await task
    return kind(threads[0])


show(
    "on which thread",
    {
        "the body begins": first_poll,
        "the body continues after an await": at("finished"),
        "the future is dropped at its end": at("dropped"),
        "the future is dropped by a cancel": dropped_by_a_cancel,
        "a function runs that it calls": called_from_rust,
        "a coroutine runs that it awaits": coroutine,
        "the result becomes a Python object": at("converted"),
        "call_soon_threadsafe is called": wakes_the_loop,
        "a done callback of Python runs": done_callback,
        "__del__ runs of an object it held": python_object,
    },
)
