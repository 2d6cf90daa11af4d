import faulthandler
import logging
import subprocess
import sys

from bookings import _native

if sys.argv[1:]:
    faulthandler.dump_traceback_later(3, exit=True)
    logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s", stream=sys.stdout)
    print("sum", getattr(_native, sys.argv[1])([1, 2, 3]))
else:
    subprocess.run([sys.executable, __file__, "sum_attached"])
