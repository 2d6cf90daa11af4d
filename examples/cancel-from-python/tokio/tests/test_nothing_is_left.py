"""Awaits that end, and awaits that are cancelled, leave nothing behind.

`LEAK_AWAITS` is the number of awaits (4,000 unless set). A tenth as many are cancelled, and at least 4,000.
"""

import json
import os
import subprocess
import sys

import pytest

AWAITS = int(os.environ.get("LEAK_AWAITS", "4000"))
KINDS = {"answered": AWAITS, "cancelled": max(AWAITS // 10, 4000)}

PROGRAM = """
import asyncio, gc, json, os, socket, sys, time
from pathlib import Path
from cancelling import query

awaits, cancels = int(sys.argv[1]), sys.argv[2] == "cancelled"
AT_A_TIME = 100
database = socket.create_server(("127.0.0.1", 0), backlog=AT_A_TIME)
port = database.getsockname()[1]

async def some():
    tasks = [asyncio.ensure_future(query(port)) for _ in range(AT_A_TIME)]
    await asyncio.sleep(0)
    connections = [database.accept()[0] for _ in tasks]
    for connection in connections:
        assert connection.recv(9, socket.MSG_WAITALL) == b"question\\n"
        if not cancels:
            connection.sendall(b"42\\n")
    for task in tasks:
        if cancels:
            task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) if cancels else one == "42" for one in ended)
    # Reading to the end is also what waits for Rust.
    for connection in connections:
        with connection:
            assert connection.recv(100, socket.MSG_WAITALL) == (b"" if cancels else b"quit\\n")

def threads_of_tokio():
    count = 0
    for path in Path("/proc/self/task").glob("*/comm"):
        try:
            count += path.read_text().startswith("tokio")
        except OSError:
            # It has just ended.
            pass
    return count

def seen():
    gc.collect()
    status = Path("/proc/self/status").read_text().split()
    return {
        "kilobytes": int(status[status.index("VmRSS:") + 1]),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "futures": sum(isinstance(one, asyncio.Future) for one in gc.get_objects()),
        "tasks": len(asyncio.all_tasks()),
    }

async def main():
    rows = []
    for part in range(4):
        for _ in range(awaits // AT_A_TIME // 4):
            await some()
        rows.append(seen())
    # tokio ends the threads of its blocking pool when they have had nothing to do for ten seconds.
    workers = len(os.sched_getaffinity(0))
    while threads_of_tokio() > workers:
        time.sleep(0.1)
    print(json.dumps(rows))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS have no /proc")
@pytest.mark.parametrize("kind, awaits", KINDS.items(), ids=KINDS)
def test_awaits_leave_no_task_no_future_no_file_no_thread_and_no_memory(kind, awaits):
    arguments = [sys.executable, "-c", PROGRAM, str(awaits), kind]
    run = subprocess.run(arguments, capture_output=True, timeout=120 + awaits // 500)
    assert (run.returncode, run.stderr.decode()) == (0, "")
    rows = json.loads(run.stdout)
    assert {(row["files"], row["tasks"]) for row in rows} == {(rows[0]["files"], 1)}, rows
    # Those of the last hundred may wait for the next thread that attaches.
    assert all(row["futures"] < 300 for row in rows), rows
    # The second half may need what new threads and their heaps need, but not one small object for each await.
    growth = rows[-1]["kilobytes"] - rows[1]["kilobytes"]
    assert growth < 6000 + awaits // 2 * 16 // 1000, rows
