import faulthandler
import subprocess
import sys

from bookings import _native

if sys.argv[1:]:
    faulthandler.dump_traceback_later(3, exit=True)
    print("booked", getattr(_native, sys.argv[1])(5, print))
else:
    subprocess.run([sys.executable, __file__, "book_attached"])
