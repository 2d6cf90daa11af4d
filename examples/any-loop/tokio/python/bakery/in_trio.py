"""Awaits a Rust job in a task of trio: imported only where trio runs."""

from __future__ import annotations

from typing import Any, Callable

import outcome
from trio import lowlevel

from ._native import Job


# Ctrl-C is raised at the await, as in trio's own functions, not between two lines.
@lowlevel.enable_ki_protection
async def wait_in_trio(start: Callable[..., Job], *arguments: object) -> Any:
    task = lowlevel.current_task()
    waiting = False

    def deliver(*result: Any) -> None:
        nonlocal waiting
        if waiting:
            waiting = False
            lowlevel.reschedule(task, outcome.Value(result))

    def abort(_: object) -> lowlevel.Abort:
        nonlocal waiting
        waiting = False
        job.cancel()
        return lowlevel.Abort.SUCCEEDED

    job = start(lowlevel.current_trio_token().run_sync_soon, deliver, *arguments)
    waiting = True
    try:
        return await lowlevel.wait_task_rescheduled(abort)
    finally:
        waiting = False
        job.cancel()
