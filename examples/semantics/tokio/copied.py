import asyncio
from contextvars import ContextVar

from semantics import answer, show, started

request = ContextVar("request", default="nothing")


async def arguments(way):
    numbers, same_numbers = [1], [1]
    awaitable = way.arguments(numbers, same_numbers)
    numbers.append(2)
    same_numbers.append(2)
    task = await started(awaitable)
    numbers.append(3)
    same_numbers.append(3)
    answer()
    copied, shared = await task
    assert shared is same_numbers
    return copied, shared


MEANING = {(1,): "at the call", (1, 2): "at the await", (1, 2, 3): "not copied"}


async def copied(way):
    return MEANING[tuple((await arguments(way))[0])]


async def shared(way):
    return MEANING[tuple((await arguments(way))[1])]


async def wrong_argument(way):
    try:
        awaitable = way.arguments(["one"], None)
    except TypeError:
        return "at the call"
    try:
        await awaitable
    except TypeError:
        return "at the await"


async def context_of_a_coroutine(way):
    async def read():
        return request.get()

    request.set("at the call")
    awaitable = way.await_python(read())
    request.set("at the await")
    return await awaitable


async def context_of_a_function(way):
    request.set("at the call")
    awaitable = way.call_python(request.get)
    request.set("at the await")
    found = await awaitable
    return {"nothing": "none", "at the await": "the awaiter's"}[found]


SEEN = {"set before": "lost", "set in Rust's await": "kept"}


async def set_by_a_coroutine(way):
    async def write():
        request.set("set in Rust's await")

    request.set("set before")
    await way.await_python(write())
    return SEEN[request.get()]


async def set_by_a_function(way):
    def write():
        request.set("set in Rust's await")

    request.set("set before")
    await way.call_python(write)
    return SEEN[request.get()]


async def loop_reference(way):
    found = await way.loop_reference(False)
    return {None: "none", asyncio.get_running_loop(): "the same loop"}[found]


async def loop_reference_in_a_child(way):
    found = await way.loop_reference(True)
    return {None: "none", asyncio.get_running_loop(): "the same loop"}[found]


show(
    "when it is copied",
    {
        "a list that Rust takes as Vec<i64>": copied,
        "if that fails, TypeError is raised": wrong_argument,
        "a list that Rust takes as Py<PyAny>": shared,
        "a coroutine's context variables": context_of_a_coroutine,
    },
)
print()
show(
    "what is seen",
    {
        "a function's context variables": context_of_a_function,
        "a variable that the coroutine sets": set_by_a_coroutine,
        "a variable that the function sets": set_by_a_function,
        "the loop in its TaskLocals": loop_reference,
        "the loop in TaskLocals of its child": loop_reference_in_a_child,
    },
)
