import asyncio

from lines import _native


async def turn():
    while True:
        _native.turn()
        await asyncio.sleep(0)


async def main():
    turning = asyncio.create_task(turn())
    for offsets in (_native.offsets_whole, _native.offsets_in_pieces):
        numbers, turns = await offsets(1_000_000)
        print(f"{offsets.__name__}: {len(numbers)} numbers, {turns} turns of the loop")
    turning.cancel()


asyncio.run(main())
