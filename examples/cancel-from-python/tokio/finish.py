import asyncio

from cancelling import _native, answer, next_step


async def main():
    saved = _native.query()
    try:
        await asyncio.wait_for(asyncio.shield(saved), 0.1)
    except asyncio.TimeoutError:
        print("Python gave up")
    answer()
    print("but it has", await saved)
    for _ in range(3):
        print(*next_step())


asyncio.run(main())
