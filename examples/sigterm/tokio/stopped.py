import asyncio
import atexit
import signal
import sys

from till import Till
from till.stopping import send_sigterm

send_sigterm()


async def main():
    stop = asyncio.current_task().cancel
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    try:
        async with Till("sales.txt") as till:
            await till.sell("coffee")
            print("serving", flush=True)
            await asyncio.Event().wait()
    finally:
        print("finally")


atexit.register(print, "atexit")
try:
    asyncio.run(main())
except asyncio.CancelledError:
    sys.exit(0)
