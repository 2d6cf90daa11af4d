import asyncio

from cancelling import answer, coroutine, deaf, next_step, told


async def cancelled(make):
    task = asyncio.create_task(make())
    await asyncio.sleep(0)
    task.cancel()
    # One turn of the loop takes the cancellation to the coroutine.
    await asyncio.sleep(0)
    if not task.done():
        print("Python still waits")
        answer()
    await asyncio.wait([task])
    step = None
    while step != "closed":
        name, step, thread = next_step()
        print("   ", name, step, thread)
    print("Python:", "cancelled" if task.cancelled() else task.result())


async def main():
    for make in (coroutine, told, deaf):
        await cancelled(make)


asyncio.run(main())
