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
            request.header("X-Colour"),
            request.body,
        )
    )


@route("GET", "/headers")
async def headers(request: Request) -> str:
    mine = sorted(pair for pair in request.headers if pair[0] in ("cookie", "x-forwarded-for"))
    joined = [request.header(name) for name in ("Cookie", "X-Forwarded-For", "x-other")]
    return f"{mine} {joined[0]} {joined[1]} {joined[2]}"


@route("GET", "/cookies")
async def cookies(request: Request) -> tuple[int, str, list[tuple[str, str]]]:
    pairs = [("set-cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Type", "text/html")]
    return 303, "<p>moved", [("location", "/text"), *pairs]


@route("GET", "/split")
async def split(request: Request) -> tuple[int, str, list[tuple[str, str]]]:
    return 200, "", [("x-page", "2\r\nset-cookie: stolen=1")]


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


class Factory:
    """Makes tasks, but for some paths it misbehaves before there is one."""

    def __call__(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> "asyncio.Task[Any]":
        request = coroutine.cr_frame.f_locals.get("request")
        path = request.path if request else ""
        if path == "/task/blocks":
            print("blocks", flush=True)
            sys.stdin.readline()
        elif path.startswith("/task/"):
            coroutine.close()
            raise error_of(path)
        return asyncio.Task(coroutine, loop=loop, **more)


def error_of(path: str) -> BaseException:
    if path == "/task/fails":
        return RuntimeError("no task")
    if path == "/task/exits":
        return SystemExit("leave")
    # What a function of Rust that panics raises. PyO3 makes the class when it takes an exception.
    classes = BaseException.__subclasses__()
    return next(it for it in classes if it.__name__ == "PanicException")("of the factory")


@route("GET", "/task/{how}")
async def task(request: Request) -> str:
    return "made"


@route("GET", "/factory")
async def set_factory(request: Request) -> str:
    asyncio.get_running_loop().set_task_factory(Factory())
    return "set"


@route("GET", "/loop")
async def loop(request: Request) -> str:
    return type(asyncio.get_running_loop()).__module__
