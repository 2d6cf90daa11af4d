"""What the tests of the server ask for."""

import asyncio
import atexit
import contextlib
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from serving import Request, route

COUNTS: Counter[str] = Counter()
STARTED: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
OPENED = threading.Event()
TASKS: list["asyncio.Task[None]"] = []

atexit.register(print, "atexit", flush=True)


@contextlib.contextmanager
def counted() -> Iterator[None]:
    COUNTS["started"] += 1
    try:
        yield
    except asyncio.CancelledError:
        COUNTS["cancelled"] += 1
        raise
    else:
        COUNTS["finished"] += 1


@route("GET", "/echo/{number}")
async def echo(request: Request) -> str:
    with counted():
        await asyncio.sleep(0)
        return request.params["number"]


@route("GET", "/forever/{number}")
async def forever(request: Request) -> str:
    with counted():
        STARTED[request.params["number"]].set()
        await asyncio.sleep(3600)
        return "never"


@route("GET", "/started/{number}")
async def started(request: Request) -> str:
    await STARTED[request.params["number"]].wait()
    return "yes"


@route("GET", "/counts")
async def counts(request: Request) -> str:
    others = len(asyncio.all_tasks()) - 1
    return f"{COUNTS['started']} {COUNTS['finished']} {COUNTS['cancelled']} {others}"


@route("GET", "/text")
async def text(request: Request) -> str:
    return "grüezi"


@route("GET", "/bytes")
async def some_bytes(request: Request) -> bytes:
    return b"\0\xff"


@route("GET", "/json")
async def json(request: Request) -> dict[str, int]:
    return {"answer": 42}


@route("GET", "/teapot")
async def teapot(request: Request) -> tuple[int, str]:
    return 418, "short and stout"


@route("POST", "/request/{first}/{second}")
async def the_request(request: Request) -> str:
    return repr(
        (
            request.method,
            request.path,
            request.query,
            request.params,
            request.headers["x-colour"],
            request.body,
        )
    )


@route("GET", "/fail")
async def fail(request: Request) -> str:
    raise LookupError("no such price")


@route("GET", "/wrong/{what}")
async def wrong(request: Request) -> Any:
    return {"body": 42, "status": (99, "low"), "nothing": None}[request.params["what"]]


@route("GET", "/held")
async def held(request: Request) -> str:
    print("held", flush=True)
    return await asyncio.to_thread(sys.stdin.readline)


@route("GET", "/stubborn")
async def stubborn(request: Request) -> str:
    print("stubborn", flush=True)
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


@route("GET", "/busy-thread")
async def busy_thread(request: Request) -> str:
    print("busy", flush=True)
    await asyncio.to_thread(time.sleep, 3600)
    return "rested"


@route("GET", "/frozen")
async def frozen(request: Request) -> str:
    print("frozen", flush=True)
    time.sleep(3600)
    return "thawed"


@route("GET", "/blocks")
async def blocks(request: Request) -> str:
    print("waiting", flush=True)
    return str(OPENED.wait(1))


@route("GET", "/blocks-a-thread")
async def blocks_a_thread(request: Request) -> str:
    print("waiting", flush=True)
    return str(await asyncio.to_thread(OPENED.wait, 60))


@route("GET", "/open")
async def open_it(request: Request) -> str:
    OPENED.set()
    return "open"


async def background() -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        print("background ended", flush=True)


@route("GET", "/background")
async def start_background(request: Request) -> str:
    TASKS.append(asyncio.ensure_future(background()))
    await asyncio.sleep(0)
    return "started"


@route("GET", "/loop")
async def loop(request: Request) -> str:
    return type(asyncio.get_running_loop()).__module__
