import asyncio
import atexit

from till import Till
from till.stopping import send_sigterm

send_sigterm()


async def main():
    try:
        async with Till("sales.txt") as till:
            await till.sell("coffee")
            print("serving", flush=True)
            await asyncio.Event().wait()
    finally:
        print("finally")


atexit.register(print, "atexit")
asyncio.run(main())
