import asyncio

from cancelling import next_step, query


async def main():
    task = asyncio.create_task(query())
    await asyncio.sleep(0)
    print(*next_step())
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("Python goes on")
    print(*next_step())


asyncio.run(main())
