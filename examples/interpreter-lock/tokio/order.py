import asyncio
import faulthandler
import subprocess
import sys
import threading

from bookings import _native

locked, leave = threading.Event(), threading.Event()


def tell(total):
    locked.set()
    leave.wait()
    print(total)


async def main():
    booking = _native.book_locked(5, tell)
    locked.wait()
    leave.set()  # Now `tell` needs the GIL to return.
    print("total", getattr(_native, sys.argv[1])())
    await booking


if sys.argv[1:]:
    faulthandler.dump_traceback_later(3, exit=True)
    sys.setswitchinterval(100)  # Python does not release the GIL by itself.
    asyncio.run(main())
else:
    subprocess.run([sys.executable, __file__, "total_attached"])
