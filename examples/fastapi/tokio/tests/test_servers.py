"""The module under real servers: where a Rust client is closed, what SIGTERM loses, and clients that leave."""

import asyncio
import importlib.util
import signal
import sys
from pathlib import Path

import django
import pytest
from servers import GUNICORN, UVICORN, WORKERS, Server, answer, leave, listen

if sys.platform == "win32":
    pytest.skip("on Windows there is no gunicorn, and no SIGTERM", allow_module_level=True)

HERE = Path(__file__).parent.parent
KILLED = -signal.SIGTERM
ONE = [*UVICORN, "--loop", "asyncio"]
TWO = [*WORKERS, "--loop", "asyncio"]
NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")
LOOPS = pytest.mark.parametrize("loop", ["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)])


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*arguments, **more):
        started.append(Server(tmp_path, *arguments, **more))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Servers that many tests ask, and none ends."""
    servers = {}

    def kept(app, loop):
        if (app, loop) not in servers:
            servers[app, loop] = Server(tmp_path_factory.mktemp("kept"), *UVICORN, "--loop", loop, app)
        server = servers[app, loop]
        server.get("/forget")
        assert server.get("/listeners") == 0
        return server

    yield kept
    for server in servers.values():
        server.kill()


# --- where to close

CLOSED = [("parcels.service:app", "asyncio"), ("parcels.service:app", "uvloop"), ("parcels.starlette_service:app", "asyncio")]


@pytest.mark.parametrize(
    "app, loop",
    [pytest.param(app, loop, marks=NEEDS_UVLOOP if loop == "uvloop" else ()) for app, loop in CLOSED],
)
def test_the_lifespan_closes_the_client_when_uvicorn_gets_sigterm(start, app, loop):
    server = start(*UVICORN, "--loop", loop, app)
    server.book("tea")
    assert server.booked() == []
    code, _, booked = server.stop()
    assert (code, booked) == (KILLED, ["tea"])


def test_uvicorn_runs_no_atexit_after_sigterm(start):
    server = start(*ONE, "parcels.at_exit:app")
    server.book("tea")
    code, lines, booked = server.stop()
    assert (code, booked) == (KILLED, [])
    assert "Finished server process" in lines[-1]


def test_uvicorn_runs_the_lifespan_and_atexit_after_ctrl_c(start):
    server = start(*ONE, "leaving:app")
    server.book("tea")
    server.signal(signal.SIGINT)
    code, lines, booked = server.end()
    assert (code, booked) == (0, ["tea"])
    assert "atexit has run" in lines


@pytest.mark.parametrize("how", [TWO, [*GUNICORN, "--workers", "2"]], ids=["uvicorn", "gunicorn"])
def test_workers_of_uvicorn_and_gunicorn_run_the_lifespan_and_no_atexit(start, how):
    server = start(*how, "leaving:app")
    for number in range(20):
        server.book(str(number))
    # Each has a client of its own.
    server.logged("Application startup complete.", times=2)
    code, lines, booked = server.stop()
    assert (code, sorted(map(int, booked))) == (0, list(range(20)))
    assert sum("Application shutdown complete." in line for line in lines) == 2
    assert "atexit has run" not in lines


# --- requests in flight


async def book_all(address, items, at_once, answered):
    """Books each item, on connections that it keeps; again if the server closed one without an answer."""
    waiting = list(reversed(items))

    async def client():
        reader = writer = None
        while waiting:
            item = waiting.pop()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection(*address)
                writer.write(f"POST /parcels/{item} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                status = await reader.readline()
            except ConnectionError:
                status = b""
            if status:
                assert status == b"HTTP/1.1 200 OK\r\n"
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                answered(item)
            else:
                waiting.append(item)
            if not status or b"connection: close" in head:
                writer = writer and writer.close()
        if writer is not None:
            writer.close()

    await asyncio.gather(*(client() for _ in range(at_once)))


def restart_in_the_middle(start, how, count):
    """Books so many parcels, 64 at once, on a server that another replaces when half are booked."""
    listener = listen()
    servers = [start(*how, listener=listener)]
    servers[0].book("first")
    answers = []

    def answered(item):
        answers.append(item)
        if len(answers) == count // 2:
            servers[0].signal()
            # It gets the connections that the old one does not accept any more.
            servers.append(start(*how, listener=listener))

    items = [f"item-{number}" for number in range(count)]
    asyncio.run(asyncio.wait_for(book_all(listener.getsockname(), items, 64, answered), 300))
    assert sorted(answers) == sorted(items)
    codes = [servers[0].end()[0]]
    servers[1].book("last")
    codes.append(servers[1].stop()[0])
    assert codes == ([0, 0] if "--workers" in how else [KILLED, KILLED])
    # Both have written to one file: each booking once.
    assert sorted(servers[1].booked()) == sorted(["first", *items, "last"])


def test_of_2000_requests_64_in_flight_a_restart_in_the_middle_loses_none(start):
    restart_in_the_middle(start, [*ONE, "parcels.service:app"], 2000)


RESTARTED = {
    "uvloop": [*UVICORN, "--loop", "uvloop", "parcels.service:app"],
    "starlette": [*ONE, "parcels.starlette_service:app"],
    "uvicorn-2-workers": [*TWO, "parcels.service:app"],
    "gunicorn-2-workers": [*GUNICORN, "--workers", "2", "parcels.service:app"],
}


@pytest.mark.parametrize(
    "how",
    [pytest.param(how, id=name, marks=NEEDS_UVLOOP if name == "uvloop" else ()) for name, how in RESTARTED.items()],
)
def test_nor_does_one_of_200_with_uvloop_starlette_or_two_workers(start, how):
    restart_in_the_middle(start, how, 200)


def test_sigterm_lets_64_requests_that_await_rust_finish(start):
    server = start(*ONE, "probe:app")
    waiting = [server.begin("GET", "/next") for _ in range(64)]
    # Its body comes after the signal, and makes the booking for which the others wait.
    last = server.begin("POST", "/when-read/tea", length=4)
    server.until("/begun/when-read/tea", 1)
    server.until("/listeners", 64)
    server.signal()
    server.logged("Waiting for connections to close")
    last.sendall(b"now.")
    assert answer(last) == (200, {"booked": "tea"})
    assert [answer(connection) for connection in waiting] == [(200, "tea")] * 64
    code, _, booked = server.end()
    assert (code, booked) == (KILLED, ["tea"])


# --- clients that leave, and timeouts


def left(server, path):
    """Asks for the path, and leaves while Rust waits for a booking."""
    connection = server.begin("GET", path)
    server.until("/listeners", 1)
    leave(connection)


@LOOPS
@pytest.mark.parametrize("app", ["probe:app", "starlette_probe:app"], ids=["fastapi", "starlette"])
def test_a_generator_with_async_with_drops_the_rust_feed_when_the_client_leaves(kept, app, loop):
    server = kept(app, loop)
    left(server, "/bookings")
    server.until("/ended/bookings", 1)
    # No garbage collector runs.
    server.until("/listeners", 0)


@LOOPS
def test_also_while_a_line_is_on_its_way_to_a_client_that_does_not_read(kept, loop):
    server = kept("probe:app", loop)
    connection = server.begin("GET", "/large")
    server.until("/listeners", 1)
    server.book("tea")
    assert connection.recv(1) == b"H"
    leave(connection)
    server.until("/ended/large", 1)
    server.until("/listeners", 0)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="Starlette 0.49, the last for Python 3.9, keeps no reference")
@LOOPS
def test_a_rust_iterator_given_to_streaming_response_stays_until_the_garbage_collector_runs(kept, loop):
    server = kept("probe:app", loop)
    left(server, "/naive")
    server.until("/ended/naive", 1)
    assert server.get("/listeners") == 1
    assert server.get("/collect") == 1
    server.until("/listeners", 0)


@LOOPS
def test_a_background_task_may_close_it(kept, loop):
    server = kept("probe:app", loop)
    left(server, "/background")
    server.until("/ended/background", 1)
    server.until("/listeners", 0)


@LOOPS
def test_fastapi_does_not_cancel_an_endpoint_whose_client_has_left(kept, loop):
    server = kept("probe:app", loop)
    left(server, "/next")
    assert server.get("/left/next") is True
    assert server.get("/ended/next") == 0
    assert server.get("/listeners") == 1
    server.book("tea")
    server.until("/ended/next", 1)
    server.until("/listeners", 0)


@LOOPS
def test_a_timeout_cancels_the_rust_future(kept, loop):
    server = kept("probe:app", loop)
    assert server.ask("GET", "/next?seconds=0.05") == (504, {"detail": "Gateway Timeout"})
    # The future holds what listens.
    server.until("/listeners", 0)


# --- streams that are open at the end


def with_a_stream(start, *arguments):
    """A server that has a booking in its buffer, with a client that reads its stream."""
    server = start(*arguments)
    stream = server.begin("GET", "/bookings")
    assert stream.recv(15) == b"HTTP/1.1 200 OK"
    server.book("tea")
    return server, stream


def test_an_open_stream_keeps_uvicorn_waiting_until_its_client_leaves(start):
    server, stream = with_a_stream(start, *ONE, "parcels.service:app")
    server.signal()
    server.logged("Waiting for connections to close. (CTRL+C to force quit)")
    assert server.process.poll() is None
    assert server.booked() == []
    leave(stream)
    code, _, booked = server.end()
    assert (code, booked) == (KILLED, ["tea"])


@LOOPS
def test_timeout_graceful_shutdown_ends_the_stream_and_then_runs_the_lifespan(start, loop):
    server, _ = with_a_stream(
        start, *UVICORN, "--loop", loop, "--timeout-graceful-shutdown", "1", "parcels.service:app"
    )
    code, lines, booked = server.stop()
    assert (code, booked) == (KILLED, ["tea"])
    assert any("CancelledError: Task cancelled, timeout graceful shutdown exceeded" in line for line in lines)


def test_gunicorn_kills_a_worker_with_an_open_stream_whose_bookings_are_lost(start):
    server, _ = with_a_stream(start, *GUNICORN, "--graceful-timeout", "1", "parcels.service:app")
    code, lines, booked = server.stop()
    assert (code, booked) == (0, [])
    assert not any("Application shutdown complete." in line for line in lines)


def test_a_worker_class_with_a_timeout_of_uvicorn_loses_nothing(start, tmp_path):
    shown = (HERE / "python/parcels/gunicorn_worker.py").read_text()
    assert '"timeout_graceful_shutdown": 5' in shown
    (tmp_path / "quick_worker.py").write_text(shown.replace(": 5", ": 1"))
    how = [word.replace("uvicorn_worker.UvicornWorker", "quick_worker.Worker") for word in GUNICORN]
    server, _ = with_a_stream(start, *how, "parcels.service:app")
    code, lines, booked = server.stop()
    assert (code, booked) == (0, ["tea"])
    assert any("Cancel 1 running task(s), timeout graceful shutdown exceeded" in line for line in lines)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGINT], ids=["SIGQUIT", "SIGINT"])
def test_sigquit_and_sigint_to_gunicorn_alone_lose_what_is_booked(start, number):
    server = start(*GUNICORN, "--graceful-timeout", "1", "leaving:app")
    server.book("tea")
    server.signal(number)
    code, lines, booked = server.end()
    assert (code, booked) == (0, [])
    assert not any("Application shutdown complete." in line or line == "atexit has run" for line in lines)


# --- aiohttp and Django

AIOHTTP = """
import atexit, socket
from aiohttp import web
from parcels.aiohttp_service import CARRIER, app

requests = []

@web.middleware
async def keep(request, handler):
    requests.append(request)
    return await handler(request)

async def listeners(request):
    return web.json_response(request.app[CARRIER].listeners)

async def left(request):
    return web.json_response(requests[0].transport is None)

atexit.register(print, "atexit", flush=True)
app.middlewares.append(keep)
app.router.add_get("/listeners", listeners)
app.router.add_get("/left", left)
web.run_app(app, sock=socket.socket(fileno={fd}), print=None)
"""


def test_aiohttp_closes_in_cleanup_ctx_and_runs_atexit_after_sigterm(start):
    server = start("-c", AIOHTTP)
    server.book("tea")
    code, lines, booked = server.stop()
    assert (code, booked) == (0, ["tea"])
    assert lines[-1] == "atexit"


def test_aiohttp_does_not_cancel_a_handler_whose_client_has_left(start):
    server = start("-c", AIOHTTP)
    left(server, "/next")
    server.until("/left", True)
    assert server.get("/listeners") == 1
    server.book("tea")
    server.until("/listeners", 0)


def test_django_alone_has_no_lifespan(start):
    server = start(*ONE, "--lifespan", "on", "parcels.django_service:django")
    code, lines, _ = server.end()
    assert code == 3
    assert any("Django can only handle ASGI/HTTP connections, not lifespan." in line for line in lines)


def test_django_in_a_starlette_app_closes_in_its_lifespan(start):
    server = start(*ONE, "parcels.django_service:app")
    server.book("tea")
    code, _, booked = server.stop()
    assert (code, booked) == (KILLED, ["tea"])


@pytest.mark.skipif(django.VERSION < (5,), reason="Django 4.2, the last for Python 3.9, does not cancel it")
def test_django_cancels_a_view_whose_client_has_left(start):
    server = start(*ONE, "django_probe:app")
    left(server, "/next")
    server.until("/ended/next", 1)
    assert server.get("/listeners") == 0
