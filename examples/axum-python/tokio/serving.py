"""Imported by an application, and called by the server, which contains this file."""

import asyncio
import importlib
import inspect
import json
import logging
import os
import signal
import site
import sys
import sysconfig
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Union

Headers = Sequence[tuple[str, str]]


class Request(NamedTuple):
    method: str
    path: str
    query: str
    params: Mapping[str, str]
    headers: Headers  # in the order sent, with duplicates; the names are in lower case
    body: bytes

    def header(self, name: str) -> Optional[str]:
        """All values of a header, joined as HTTP says."""
        values = [value for key, value in self.headers if key == name.lower()]
        return ("; " if name.lower() == "cookie" else ", ").join(values) if values else None


Body = Union[str, bytes, dict[str, Any]]
Result = Union[Body, tuple[int, Body], tuple[int, Body, Headers]]
Handler = Callable[[Request], Awaitable[Result]]
Answer = tuple[int, Headers, bytes]
Done = Callable[[int, Headers, bytes], None]
Task = asyncio.Task[Answer]
Start = Callable[..., Task]

ROUTES: list[tuple[str, str, Handler]] = []
TEXT = "content-type", "text/plain; charset=utf-8"
STOPPING: Answer = 503, [TEXT], b"stopping\n"
log = logging.getLogger("serving")


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Serves a path, such as "/hello/{name}", with a coroutine function."""

    def register(handler: Handler) -> Handler:
        if not inspect.iscoroutinefunction(handler):
            raise TypeError(f"{method} {path}: {handler!r} is no coroutine function")
        ROUTES.append((method, path, handler))
        return handler

    return register


async def answer(handler: Handler, request: Request) -> Answer:
    try:
        result = await handler(request)
        status, body, *more = result if isinstance(result, tuple) else (200, result)
        if not (isinstance(status, int) and 200 <= status <= 599):
            raise ValueError(f"not a status: {status!r}")
        headers = list(more[0]) if more else []
        kind, body = encode(body)
        if all(name.lower() != "content-type" for name, _ in headers):
            headers.append(("content-type", kind))
        return status, headers, body
    except Exception:
        log.exception("%s %s", request.method, request.path)
        return 500, [TEXT], b"Internal Server Error\n"


def encode(body: Body) -> tuple[str, bytes]:
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, str):
        return TEXT[1], body.encode()
    if isinstance(body, dict):
        return "application/json", json.dumps(body).encode()
    raise TypeError(f"not a body: {body!r}")


def start(loop: asyncio.AbstractEventLoop, handler: Handler) -> Start:
    """Rust calls this for each request, on the event loop's thread."""

    def started(done: Done, *parts: Any) -> Task:
        task = loop.create_task(answer(handler, Request(*parts)))
        task.add_done_callback(
            lambda task: done(*(STOPPING if task.cancelled() else task.result()))
        )
        return task

    return started


def open_loop(module: str) -> asyncio.AbstractEventLoop:
    """The loop of asyncio or uvloop. Runs on the main thread, which alone can set signals."""
    if environment := os.environ.get("VIRTUAL_ENV"):
        base = {"base": environment}
        for kind in ("purelib", "platlib"):
            site.addsitedir(sysconfig.get_path(kind, "posix_prefix", base))
    # asyncio imports `signal`, which handles Ctrl-C. Here tokio handles it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    loop: asyncio.AbstractEventLoop = importlib.import_module(module).new_event_loop()
    # Up to Python 3.9, an event or a lock belongs to the loop that is set when it is made.
    asyncio.set_event_loop(loop)
    return loop


def load(file: str, loop: asyncio.AbstractEventLoop) -> list[tuple[str, str, Start]]:
    """Imports the application's file, whose routes register themselves."""
    sys.path.insert(0, str(Path(file).resolve().parent))
    importlib.import_module(Path(file).stem)
    return [(method, path, start(loop, handler)) for method, path, handler in ROUTES]


async def cancel_rest(seconds: float) -> None:
    """Cancels all remaining tasks, and waits for them up to this limit."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=seconds)


def close_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_until_complete(loop.shutdown_asyncgens())
    # A thread of `to_thread` that is still busy is not waited for: it ends with the process.
    loop.close()
    sys.stdout.flush()
