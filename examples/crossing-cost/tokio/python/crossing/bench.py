"""What a crossing costs: `python -m crossing.bench`, or with `--quick` for a first look.

Each row is one way to await something. Several processes measure all rows, round by round and in
another order in each round, so that other load on the machine affects all of them alike. The number
of calls in a measurement is calibrated. What is printed are medians, and the median of the ratios to an
asyncio future that was measured in the same round.
"""

import argparse
import asyncio
import functools
import gc
import importlib
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from types import ModuleType
from typing import Any, Callable, NamedTuple, NoReturn, Optional

from . import _native

Cell = tuple[str, str, int]

UNIT = "future"
FEW, MANY = (1, 100), (1, 100, 10_000)

# How many blocking threads tokio may have: that of `runtime.rs` is the unit, 512 is tokio's own.
LIMITS = {f"limit-{limit}": limit for limit in (1, 4, 32, 512)}
LIMIT_UNIT = "limit-32"


class Row(NamedTuple):
    """One way to await something.

    `start` begins a call, which is awaited. With `kind="calls"` it takes a number and awaits so many
    calls in one, with `kind="blocking"` a number and how many in flight, and blocks.
    """

    group: str
    name: str
    start: Callable[..., Any]
    in_flight: tuple[int, ...] = MANY
    kind: str = "one"
    # How many items one call hands over.
    items: int = 1
    # A measurement has at least so many calls, so that shared costs don't count.
    least: int = 1
    # Begins a call that waits for `release`, to see what a call in flight holds.
    held: Optional[Callable[[], Any]] = None


async def plain() -> None:
    pass


async def plain_held() -> None:
    await asyncio.get_running_loop().create_future()


def future() -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    made = loop.create_future()
    loop.call_soon(made.set_result, None)
    return made


def future_held() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


def nothing() -> None:
    pass


def executor() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().run_in_executor(None, nothing)


async def by_item(count: int) -> None:
    async for _ in _native.Items(count):
        pass


async def by_batch(count: int) -> None:
    items = _native.Items(count)
    while await items.batch(100):
        pass


def optional(name: str) -> Optional[ModuleType]:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def rows() -> tuple[list[Row], list[str]]:
    """All rows, and a line for each module that is not installed."""
    native, missing = _native, []
    before = optional("crossing_before._native")
    rates, letterbox = optional("rates"), optional("letterbox")
    found = [
        Row("await", "plain", plain, held=plain_held),
        Row("await", UNIT, future, held=future_held),
        Row("await", "executor", executor),
        Row("await", "polled", native.polled, held=native.polled_held),
        Row("await", "polled-twice", native.polled_twice),
        Row("await", "polled-worker", native.polled_worker),
        Row("await", "polled-later", native.polled_later),
        Row("await", "polled-spawned", native.polled_spawned),
        Row("await", "bridge", native.bridge, held=native.bridge_held),
        Row("await", "bridge-hop", native.bridge_hop),
        Row("await", "bridge-async-std", native.bridge_async_std, held=native.bridge_async_std_held),
    ]
    if before:
        found.append(Row("await", "bridge-before", before.bridge, held=before.bridge_held))
    else:
        missing.append("bridge-before: crossing_before is not installed")
    await_python = functools.partial(native.await_python, plain)
    attach_each = functools.partial(native.attach_each, nothing)
    attach_once = functools.partial(native.attach_once, nothing)
    found += [
        Row("floor", "done", native.done),
        Row("floor", "on-loop", native.on_loop),
        Row("floor", "from-thread", native.from_thread),
        Row("floor", "rust-only", native.rust_only, kind="blocking", least=10_000),
        Row("python", "into-future", await_python, (1,), "calls", least=100),
        Row("python", "attach-each", attach_each, (1,), "calls", least=1_000),
        Row("python", "attach-once", attach_once, (1,), "calls", least=100_000),
        Row("streams", "stream-item", by_item, (1,), "calls", least=100),
        Row("streams", "stream-batch", by_batch, (1,), "calls", least=10_000),
    ]
    for module, prefix in [(rates, "rates"), (letterbox, "letterbox")]:
        if module:
            found += patterns(module, prefix)
        else:
            missing.append(f"{prefix}-*: {prefix} is not installed")
    return found, missing


def patterns(module: Any, prefix: str) -> list[Row]:
    """The rows of the crates that cross faster, before and after."""
    native = module._native
    of, codes = functools.partial, list(range(100))
    calls: list[tuple[str, Callable[..., Any], tuple[int, ...], int]] = [
        ("bridged", of(native.bridged, 3), MANY, 1),
        ("bridged-ready", of(native.bridged_ready, 3), FEW, 1),
    ]
    if prefix == "rates":
        calls += [
            ("bridged-many", of(native.bridged_many, codes), (1,), len(codes)),
            ("ready", of(native.ready, 3), FEW, 1),
            ("cached", of(module.rate, 3), FEW, 1),
            ("in-task", of(native.in_task, 3), MANY, 1),
            ("attach-each", of(native.attach_each, codes), (1,), len(codes)),
        ]
    else:
        calls += [
            ("delivered", of(native.delivered, 3), MANY, 1),
            ("polled-first", of(native.polled_first, 3, True), FEW, 1),
        ]
    return [
        Row("patterns", f"{prefix}-{name}", start, in_flight, items=items)
        for name, start, in_flight, items in calls
    ]


def loops() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    known = {"asyncio": asyncio.new_event_loop}
    uvloop = optional("uvloop")
    if uvloop:
        known["uvloop"] = uvloop.new_event_loop
    return known


# --- What a worker process does


def begun(call: Any) -> Any:
    """A coroutine does nothing until a task runs it."""
    return call if asyncio.isfuture(call) else asyncio.get_running_loop().create_task(call)


async def seconds(row: Row, calls: int, in_flight: int) -> float:
    start = time.perf_counter()
    if row.kind == "blocking":
        row.start(calls, in_flight)
    elif row.kind == "calls":
        await row.start(calls)
    elif in_flight == 1:
        for _ in range(calls):
            await row.start()
    else:
        for _ in range(calls // in_flight):
            for call in [begun(row.start()) for _ in range(in_flight)]:
                await call
    return time.perf_counter() - start


async def latencies(row: Row, calls: int, in_flight: int) -> list[int]:
    took: list[int] = []

    async def one() -> None:
        start = time.perf_counter_ns()
        await row.start()
        took.append(time.perf_counter_ns() - start)

    for _ in range(max(1, calls // in_flight)):
        if in_flight == 1:
            await one()
        else:
            await asyncio.gather(*[one() for _ in range(in_flight)])
    return sorted(took)


def work(plan: dict[str, Any]) -> dict[str, Any]:
    """Calibrates each cell, then measures all of them round by round."""
    known, _ = rows()
    by_name = {row.name: row for row in known if row.name in plan["rows"]}
    running = {name: new() for name, new in loops().items() if name in plan["loops"]}
    cells: list[Cell] = [
        (row.name, loop, count)
        for row in by_name.values()
        for loop in running
        for count in row.in_flight
        if count <= plan["in_flight"]
    ]
    # Ten thousand at once start hundreds of threads, which stay for a while: they come last.
    large = [cell for cell in cells if cell[2] >= 10_000]
    small = [cell for cell in cells if cell[2] < 10_000]
    calls: dict[Cell, int] = {cell: cell[2] for cell in large}
    for name, loop, count in small:
        row, enough = by_name[name], 1
        while True:
            # The shortest of three: what else the machine does only makes them longer.
            took = min(
                running[loop].run_until_complete(seconds(row, enough * count, count))
                for _ in range(3)
            )
            if took >= plan["seconds"] / 8:
                break
            enough *= 2
        turns = max(1, round(enough * plan["seconds"] / took))
        calls[name, loop, count] = max(turns, -(-row.least // count)) * count
    order = random.Random(plan["seed"])
    rounds: list[list[tuple[Cell, float]]] = []
    percentiles: list[tuple[Cell, int, int]] = []
    for number in range(plan["rounds"] + plan["large_rounds"]):
        is_large = number >= plan["rounds"]
        measured = large if is_large else small
        order.shuffle(measured)
        rounds.append([])
        for cell in measured:
            name, loop, count = cell
            row = by_name[name]
            gc.collect()
            took = running[loop].run_until_complete(seconds(row, calls[cell], count))
            rounds[-1].append((cell, took / calls[cell] / row.items * 1e9))
            if row.kind == "one" and row.items == 1 and (is_large or number < 2):
                few = min(calls[cell], 20_000)
                times = running[loop].run_until_complete(latencies(row, few, count))
                percentiles.append((cell, times[len(times) // 2], times[len(times) * 99 // 100]))
    for loop_ in running.values():
        loop_.run_until_complete(loop_.shutdown_default_executor())
        loop_.close()
    return {"rounds": rounds, "percentiles": percentiles}


# --- What the limit of blocking threads costs


def processor_time(calls: int) -> dict[str, float]:
    """Of one call of the bridge with so many in flight, in nanoseconds, on each loop."""

    async def all_at_once() -> None:
        await asyncio.gather(*[_native.bridge() for _ in range(calls)])

    found = {}
    for name, new in loops().items():
        loop = new()
        loop.run_until_complete(all_at_once())
        times = []
        for _ in range(3):
            start = time.process_time_ns()
            loop.run_until_complete(all_at_once())
            times.append((time.process_time_ns() - start) / calls)
        loop.close()
        found[name] = statistics.median(times)
    return found


def limits(chosen: list[str], processes: int) -> list[dict[str, Any]]:
    """Each limit in a process of its own: a runtime has one for its life."""
    calls = 10_000
    times: dict[tuple[str, str], list[float]] = {}
    ratios: dict[tuple[str, str], list[float]] = {}
    for process in range(processes):
        found = {}
        for name in {LIMIT_UNIT, *chosen}:
            say(f"{name}, process {process + 1} of {processes}")
            found[name] = child(
                "--limited", str(calls), CROSSING_BLOCKING_THREADS=str(LIMITS[name])
            )
        for name in chosen:
            for loop, ns in found[name].items():
                times.setdefault((name, loop), []).append(ns)
                ratios.setdefault((name, loop), []).append(ns / found[LIMIT_UNIT][loop])
    return [
        {
            "group": "limit",
            "name": name,
            "loop": loop,
            "in_flight": calls,
            "ns": statistics.median(took),
            "ratio": statistics.median(ratios[name, loop]),
        }
        for (name, loop), took in times.items()
    ]


# --- What a call in flight holds


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def hold(row: Row, calls: int, traced: bool) -> float:
    assert row.held
    await asyncio.get_running_loop().run_in_executor(None, nothing)
    first = [begun(row.held()) for _ in range(10)]
    await asyncio.sleep(0.1)
    gc.collect()
    if traced:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if traced else resident()
    held = [begun(row.held()) for _ in range(calls)]
    await asyncio.sleep(0.3)
    after = tracemalloc.get_traced_memory()[0] if traced else resident()
    let_go(row, held + first)
    await asyncio.gather(*held, *first, return_exceptions=True)
    return (after - before) / calls


def let_go(row: Row, held: list[Any]) -> None:
    module = sys.modules[getattr(row.held, "__module__", "") or _native.__name__]
    if hasattr(module, "release"):
        module.release(len(held))
    else:
        for call in held:
            call.cancel()


# --- What the parent process does


def child(*arguments: str, **variables: str) -> Any:
    command = [sys.executable, "-m", "crossing.bench", *arguments]
    environment = {**os.environ, **variables}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    if ended.returncode != 0 or ended.stderr:
        fail(f"a worker ended with {ended.returncode}: {ended.stderr.strip()}")
    return json.loads(ended.stdout)


def measure(chosen: list[Row], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    quick = arguments.quick
    plan = {
        "rows": [row.name for row in chosen],
        "loops": [arguments.loop] if arguments.loop else list(loops()),
        "in_flight": 100 if quick else 10_000,
        "seconds": 0.004 if quick else 0.02,
        "rounds": 5 if quick else 6,
        "large_rounds": 0 if quick else 2,
    }
    processes = 1 if quick else arguments.processes
    times: dict[Cell, list[float]] = {}
    ratios: dict[Cell, list[float]] = {}
    percentiles: dict[Cell, list[tuple[int, int]]] = {}
    for process in range(processes):
        say(f"process {process + 1} of {processes}")
        found = child("--worker", json.dumps({**plan, "seed": process}))
        for one_round in found["rounds"]:
            took = {tuple(cell): ns for cell, ns in one_round}
            for (name, loop, count), ns in took.items():
                times.setdefault((name, loop, count), []).append(ns)
                ratio = ns / took[UNIT, loop, count]
                ratios.setdefault((name, loop, count), []).append(ratio)
        for cell, median, late in found["percentiles"]:
            percentiles.setdefault(tuple(cell), []).append((median, late))
    groups = {row.name: row.group for row in chosen}
    results = []
    for cell, took_ in times.items():
        name, loop, count = cell
        result = {"group": groups[name], "name": name, "loop": loop, "in_flight": count}
        result["ns"] = statistics.median(took_)
        result["ratio"] = statistics.median(ratios[cell])
        if cell in percentiles:
            medians, late_ = zip(*percentiles[cell])
            result["p50"], result["p99"] = statistics.median(medians), statistics.median(late_)
        results.append(result)
    place = {row.name: number for number, row in enumerate(chosen)}
    return sorted(results, key=lambda one: (place[one["name"]], one["loop"], one["in_flight"]))


def memory(chosen: list[Row]) -> list[dict[str, Any]]:
    if not os.path.exists("/proc/self/statm"):
        say("memory is left out: it is read from /proc")
        return []
    held = [row for row in chosen if row.held]
    results = []
    for row in held:
        say(f"memory of {row.name}")
        kinds = {"resident": "", "traced": "traced"}
        found = {
            kind: child("--memory", row.name, *([word] if word else []))
            for kind, word in kinds.items()
        }
        results.append({"name": row.name, **found})
    return results


def versions() -> dict[str, str]:
    uvloop = optional("uvloop")
    found = {"python": platform.python_version()}
    if uvloop:
        found["uvloop"] = uvloop.__version__
    return found


def show(results: list[dict[str, Any]], held: list[dict[str, Any]]) -> None:
    print(f"{'row':24} {'loop':8} {'in flight':>9} {'us a call':>10} {'ratio':>8} {'p50':>8} {'p99':>8}")
    for one in results:
        late = [f"{one[key] / 1000:8.1f}" if key in one else 8 * " " for key in ("p50", "p99")]
        print(
            f"{one['name']:24} {one['loop']:8} {one['in_flight']:>9} {one['ns'] / 1000:10.2f}",
            f"{one['ratio']:8.2f} {late[0]} {late[1]}".rstrip(),
        )
    for one in held:
        print(f"{one['name']}: {one['resident']:.0f} bytes in flight, {one['traced']:.0f} of Python's")


def say(line: str) -> None:
    print(f"crossing.bench: {line}", file=sys.stderr, flush=True)


def fail(line: str) -> NoReturn:
    say(line)
    sys.exit(2)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(message)


def number(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count


def main() -> None:
    parser = Parser(prog="python -m crossing.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some seconds instead of minutes")
    parser.add_argument("--json", metavar="FILE", help="write the results there as well")
    parser.add_argument("--processes", type=number, default=4, help="how many, one after the other")
    parser.add_argument("--loop", choices=loops(), help="on this event loop alone")
    parser.add_argument("--only", metavar="ROW", nargs="+", help="these rows, and the unit")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--memory", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--limited", type=number, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not _native.OPTIMISED:
        fail("crossing was built without optimisation: `maturin develop --release` builds it with")
    known, missing = rows()
    if arguments.worker:
        print(json.dumps(work(json.loads(arguments.worker))))
        return
    if arguments.memory:
        row = next(row for row in known if row.name == arguments.memory[0])
        print(json.dumps(asyncio.run(hold(row, 10_000, "traced" in arguments.memory))))
        return
    if arguments.limited:
        print(json.dumps(processor_time(arguments.limited)), flush=True)
        os._exit(0)
    names = {row.name for row in known}
    for name in arguments.only or []:
        if name not in names and name not in LIMITS:
            there = [*(row.name for row in known), *LIMITS]
            fail(f"no row is called {name}: there are {', '.join(there)}")
    if arguments.json:
        # Better before some minutes of measuring than after them.
        try:
            open(arguments.json, "a").close()
        except OSError as error:
            fail(f"cannot write {arguments.json}: {error.strerror}")
    chosen = [row for row in known if row.name in (arguments.only or names) or row.name == UNIT]
    if not arguments.only:
        for line in missing:
            say(f"left out: {line}")
        if "uvloop" not in loops() and not arguments.loop:
            say("left out: uvloop is not installed")
    results = measure(chosen, arguments)
    limited = [name for name in LIMITS if name in (arguments.only or LIMITS)]
    if not arguments.quick:
        results += limits(limited, arguments.processes)
    held = [] if arguments.quick else memory(chosen)
    show(results, held)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"versions": versions(), "rows": results, "memory": held}, file, indent=1)


if __name__ == "__main__":
    main()
