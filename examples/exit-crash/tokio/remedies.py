import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import exits

AWAIT = "asyncio.run(exits.rust_sleep(0.01))"
BARRIER = "atexit.register(exits._native.barrier)"
PROGRAMS = {
    "nothing": [AWAIT],
    "sleep 0.1 s at the end": [AWAIT, "time.sleep(0.1)"],
    "os._exit": [AWAIT, "os._exit(0)"],
    "uvloop": ["import uvloop; uvloop.run(exits.rust_sleep(0.01))"],
    "a barrier at exit": [BARRIER, AWAIT],
    "barrier, one delivery thread": [
        "exits._native.deliver_on_one_thread()",
        BARRIER,
        AWAIT,
    ],
    "a runtime shut down at exit": [
        "atexit.register(exits._native.shut_down, 5)",
        "asyncio.run(exits.owned_sleep(0.01))",
    ],
    "deliveries that hold a lock": [
        "atexit.register(exits._native.stop_deliveries)",
        "asyncio.run(exits.counted_sleep(0.01))",
    ],
    "the runtime stopped at exit": ["exits._native.stop_at_exit()", AWAIT],
}
IMPORTS = "import asyncio, atexit, os, time, exits"
RESULTS = Path(exits.__file__).with_name("remedies.json")


def crashes(_, lines):
    program = "\n".join([IMPORTS, *lines])
    command = [sys.executable, "-W", "ignore", "-c", program]
    run = subprocess.run(command, capture_output=True, timeout=600)
    if run.returncode > 0:
        raise RuntimeError(run.stderr.decode())
    return run.returncode < 0


def measure(remedy, number):
    """How many of so many exits crash, six at a time."""
    with ThreadPoolExecutor(6) as pool:
        return sum(pool.map(crashes, range(number), [PROGRAMS[remedy]] * number))


def show(results):
    pythons = sorted(results, key=lambda name: [int(part) for part in name.split(".")])
    print(f"{'crashed exits':<28}" + "".join(f"{name:>8}" for name in pythons))
    for remedy in PROGRAMS:
        row = (results[python].get(remedy) for python in pythons)
        cells = (f"{counted[0]}/{counted[1]}" if counted else "-" for counted in row)
        print(f"{remedy:<28}" + "".join(f"{cell:>8}" for cell in cells))


if __name__ == "__main__":
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if len(sys.argv) > 1:
        number = int(sys.argv[1])
        python = ".".join(map(str, sys.version_info[:3]))
        for remedy in sys.argv[2:] or PROGRAMS:
            measured = [measure(remedy, number), number]
            results.setdefault(python, {})[remedy] = measured
            print(remedy, measured, flush=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    else:
        show(results)
