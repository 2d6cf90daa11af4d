import asyncio

import picker


async def main():
    for function in (picker.panicked, picker.panicked_caught):
        for payload in ("&str", "String", "another type"):
            try:
                await function(payload)
            except picker.RustPanic as error:
                print(f"{function.__name__}, {payload}: {error}", flush=True)


asyncio.run(main())
