import faulthandler
import subprocess
import sys
import threading

from kiosk import _native

called, leave = threading.Event(), threading.Event()


def on_order(order):
    called.set()
    leave.wait()


if sys.argv[1:]:
    sys.setswitchinterval(100)  # Python does not release the GIL by itself.
    feed = getattr(_native, sys.argv[1])(on_order)
    feed.place("tea")
    called.wait()
    faulthandler.dump_traceback_later(3, exit=True)
    leave.set()  # Now `on_order` needs the GIL to return.
    del feed
    print("dropped")
else:
    subprocess.run([sys.executable, __file__, "OwnFeed"])
