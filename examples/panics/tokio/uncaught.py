import asyncio

import picker


async def main():
    for pick in (picker.pick, picker.pick_polled):
        try:
            print(await pick(["tea", "milk"], 7))
        except Exception as error:
            print(f"caught {type(error).__name__}: {error}", flush=True)


asyncio.run(main())
