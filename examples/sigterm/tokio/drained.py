import asyncio
import signal

from till import Till
from till.stopping import send_sigterm

send_sigterm()


async def main():
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with Till("sales.txt") as till:
        print("serving", flush=True)
        await stopping.wait()
        await till.sell("the last coffee")


asyncio.run(main())
