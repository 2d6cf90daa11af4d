import signal
import sys

from ctrl_c_handler import watch_ctrl_c
from ctrl_c_handler.pressing import press_ctrl_c

press_ctrl_c(then="a line\n")

# Ctrl-C should end this program at once.
signal.signal(signal.SIGINT, signal.SIG_DFL)
watch_ctrl_c()
print("waiting for a line")
print("got", sys.stdin.readline(), end="")
