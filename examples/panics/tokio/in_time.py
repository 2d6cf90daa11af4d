import asyncio

import picker


async def main():
    for pick in (picker.pick_in_time, picker.pick_checked):
        try:
            print(await pick(["tea", "milk"], 7))
        except Exception as error:
            print(f"{pick.__name__} raised {type(error).__name__}: {error}", flush=True)


asyncio.run(main())
