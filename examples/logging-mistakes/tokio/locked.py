import asyncio
import faulthandler
import logging
import subprocess
import sys
import threading

from logging_mistakes import _native

logging_now, go_on = threading.Event(), threading.Event()


class Slow(logging.Handler):
    """Waits, as a handler does that writes to a slow disk."""

    def emit(self, record):
        logging_now.set()
        go_on.wait()


async def main():
    stock = _native.Stock(10)
    taking = stock.take_locked(3)
    logging_now.wait()
    faulthandler.dump_traceback_later(3, exit=True)
    go_on.set()  # Now the log call needs the GIL to return.
    print("left:", getattr(stock, sys.argv[1])())
    await taking


if sys.argv[1:]:
    sys.setswitchinterval(100)  # Python does not release the GIL by itself.
    logging.basicConfig(level=logging.INFO, handlers=[Slow()])
    asyncio.run(main())
else:
    subprocess.run([sys.executable, __file__, "left"])
