import re
import subprocess
import sys
from pathlib import Path

import exits

KEPT = Path(exits.__file__).with_name("stack.txt")
# The frames that explain the crash, of about eighty: their names are the same up to Python 3.13.
TOLD = re.compile(
    r"pthread_exit|take_gil|PyEval_RestoreThread|pyo3_async_runtimes::call_soon_threadsafe"
    r"|pyo3_async_runtimes::generic::set_result|pyo3::marker::Python::attach"
    r"|tokio::runtime::blocking::pool::Inner::run|PyObject_CallFinalizer|Py_Finalize|Py_RunMain"
)
STEPS = ["set breakpoint pending on", "break pthread_exit", "run", "bt", "echo .\n", "thread 1", "bt"]


def told(stack):
    """The frames that explain the crash, innermost first, each name once."""
    frames = (TOLD.search(line) for line in stack.splitlines() if line.startswith("#"))
    return list(dict.fromkeys(frame.group() for frame in frames if frame))


def look():
    """Both stacks at the moment when CPython ends a thread of the crashing program."""
    options = [word for step in STEPS for word in ("-ex", step)]
    command = ["gdb", "-nx", "-batch", *options, "--args", sys.executable, "crash.py", "crash"]
    printed = subprocess.run(
        command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
    ).stdout.decode()
    ended, _, main = printed.partition("\n.\n")
    if "pthread_exit" not in told(ended):
        raise RuntimeError(f"gdb did not stop it at pthread_exit:\n{printed}")
    stacks = {"the thread of tokio": told(ended), "the main thread": told(main)}
    return "".join("\n  ".join([name, *stack]) + "\n" for name, stack in stacks.items())


if __name__ == "__main__":
    if sys.argv[1:] == ["gdb"]:
        KEPT.write_text(look())
    print(KEPT.read_text(), end="")
