import asyncio
import faulthandler
import subprocess
import sys

from bookings import _native


async def main():
    booking = _native.book_locked(5, print)
    _native.until_knocked()
    print("total", getattr(_native, sys.argv[1])())
    await booking


if sys.argv[1:]:
    faulthandler.dump_traceback_later(3, exit=True)
    sys.setswitchinterval(100)  # Python does not let go of the interpreter by itself.
    asyncio.run(main())
else:
    subprocess.run([sys.executable, __file__, "total_attached"])
