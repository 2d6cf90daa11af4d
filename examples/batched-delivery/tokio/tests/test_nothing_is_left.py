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
import asyncio, gc, json, sys, time
from decimal import Decimal
from pathlib import Path
from letterbox import answer, letter

awaits, cancels = int(sys.argv[1]), sys.argv[2] == "cancelled"
AT_A_TIME = 100

async def some():
    tasks = [asyncio.ensure_future(letter()) for _ in range(AT_A_TIME)]
    await asyncio.sleep(0)
    for task in tasks if cancels else ():
        task.cancel()
    answer(0 if cancels else AT_A_TIME)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) if cancels else one == Decimal("0.85") for one in ended)
    # This one is answered after the others have left the queue.
    answer(1)
    await letter()
    await asyncio.sleep(0)

def seen():
    gc.collect()
    status = Path("/proc/self/status").read_text().split()
    return {
        "kilobytes": int(status[status.index("VmRSS:") + 1]),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "futures": sum(isinstance(one, asyncio.Future) for one in gc.get_objects()),
        "tasks": len(asyncio.all_tasks()),
    }

async def main():
    rows = []
    for part in range(4):
        for _ in range(awaits // AT_A_TIME // 4):
            await some()
        # A thread of tokio drops what it holds of a future a moment after the answer has come, and without the GIL:
        # PyO3 gives that back in the next call into Rust.
        end = time.monotonic() + 20
        while (row := seen())["futures"] > 1 and time.monotonic() < end:
            await asyncio.sleep(0.01)
            # The call that goes on after a sleep holds the future of this sleep.
            await asyncio.sleep(0)
            answer(0)
        rows.append(row)
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
    counted = [{key: row[key] for key in row if key != "kilobytes"} for row in rows]
    assert counted == 4 * [counted[0]], rows
    # No thread but that of the loop and tokio's workers: results need no other.
    workers = len(os.sched_getaffinity(0))
    assert counted[0]["threads"] == 1 + workers, rows
    # That of `main` itself.
    assert (counted[0]["futures"], counted[0]["tasks"]) == (1, 1), rows
    growth = rows[-1]["kilobytes"] - rows[1]["kilobytes"]
    assert growth < 6000 + awaits // 2 * 16 // 1000, rows
