import asyncio

from asker import _native, call_rust_sleep


async def as_completed(thing):
    for each in asyncio.as_completed([thing]):
        await each


async def run_coroutine_threadsafe(thing):
    loop = asyncio.get_running_loop()
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(thing, loop))


IN_A_RUNNING_LOOP = {
    "await": lambda thing: thing,
    "gather": asyncio.gather,
    "wait_for": lambda thing: asyncio.wait_for(thing, 60),
    "shield": asyncio.shield,
    "ensure_future": asyncio.ensure_future,
    "as_completed": as_completed,
    "create_task": asyncio.create_task,
    "run_coroutine_threadsafe": run_coroutine_threadsafe,
}
loop = asyncio.new_event_loop()
THAT_RUN_A_LOOP = {
    "asyncio.run": lambda make: asyncio.run(make(0)),
    "loop.run_until_complete": lambda make: loop.run_until_complete(make(0)),
}


def in_a_running_loop(entry_point):
    async def main(make):
        thing = make(0)
        try:
            await entry_point(thing)
        except TypeError:
            # Rust has started it already, and needs this loop for its result.
            await thing
            raise

    return lambda make: asyncio.run(main(make))


def taken(entry_point, make):
    try:
        entry_point(make)
        return "yes"
    except (TypeError, RuntimeError) as error:
        # The rest is the repr of the future, which differs between Pythons.
        reason = str(error).split(", got")[0]
        return f"{type(error).__name__}: {reason}"


rows = {name: in_a_running_loop(each) for name, each in IN_A_RUNNING_LOOP.items()}
rows.update(THAT_RUN_A_LOOP)
print(f"{'':<26}{'coroutine':<11}future")
for name, entry_point in rows.items():
    coroutine = taken(entry_point, call_rust_sleep)
    future = taken(entry_point, _native.call_rust_sleep)
    print(f"{name:<26}{coroutine:<11}{future}")
loop.close()
