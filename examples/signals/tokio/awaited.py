import asyncio

from interrupting import query
from interrupting.pressing import press_ctrl_c

press_ctrl_c()


async def main():
    # The loop prints this when main waits.
    asyncio.get_running_loop().call_soon(print, "main waits for Rust")
    try:
        await query()
    except asyncio.CancelledError:
        print("main is cancelled")
        raise


asyncio.run(main())
