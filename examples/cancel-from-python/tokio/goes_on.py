import asyncio

from cancelling import _native, answer, next_step


async def main():
    try:
        await asyncio.wait_for(_native.query_in_task(), 0.1)
    except asyncio.TimeoutError:
        print("Python gave up")
    answer()
    for _ in range(3):
        print(*next_step())


asyncio.run(main())
