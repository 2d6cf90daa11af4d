"""One future in three ways, and the tools to probe it."""

import asyncio
import faulthandler
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Dict, Optional, Tuple, Union

from . import _native
from ._native import AsyncFn, Bridge, answer, begin, next_step, this_thread

__all__ = [
    "WAYS",
    "Way",
    "answer",
    "awaited",
    "begin",
    "outcome",
    "show",
    "started",
    "step",
    "this_thread",
]

Way = Union[Bridge, AsyncFn]
WAYS: Dict[str, Way] = {
    "tokio": Bridge("tokio"),
    "async-std": Bridge("async-std"),
    "async fn": AsyncFn(),
}


async def awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def step() -> Tuple[str, str]:
    """The next step of the Rust future, and its thread. The loop runs meanwhile."""
    found: Optional[Tuple[str, str]] = None
    while found is None:
        await asyncio.sleep(0)
        found = next_step(0.001)
    return found


async def started(awaitable: Awaitable[Any]) -> "asyncio.Task[Any]":
    """A task that awaits it, once the Rust future has started."""
    task = asyncio.ensure_future(awaited(awaitable))
    assert (await step())[0] == "started"
    return task


async def outcome() -> str:
    """Whether the Rust future finishes when it gets its answer, or was dropped."""
    answer()
    return {"finished": "keeps running", "dropped": "dropped"}[(await step())[0]]


def show(title: str, rows: Dict[str, Callable[[Way], Any]]) -> None:
    """Asks each probe in each way, and prints what it finds."""
    faulthandler.dump_traceback_later(60, exit=True)
    sys.excepthook = hide_late_results
    print(f"{title:<39}" + "".join(f"{name:<15}" for name in WAYS).rstrip())
    for question, probe in rows.items():
        print(f"  {question:<37}", end="")
        cells = ""
        for way in WAYS.values():
            begin(False)
            found = probe(way)
            if asyncio.iscoroutine(found):
                found = asyncio.run(found)
            cells += f"{found:<15}"
        print(cells.rstrip(), flush=True)
    faulthandler.cancel_dump_traceback_later()


def hide_late_results(kind: Any, error: Any, traceback: Any) -> None:
    """A result that comes after its loop is closed is not what these probes ask about."""
    if str(error) != "Event loop is closed":
        sys.__excepthook__(kind, error, traceback)
