import sys
import threading

from interrupting import answer, query_blocked
from interrupting.pressing import press_ctrl_c

press_ctrl_c(then="answer\n")


def answer_a_line():
    sys.stdin.readline()
    answer()


threading.Thread(target=answer_a_line, daemon=True).start()
print(query_blocked())
