"""gunicorn and uvicorn with several workers, and an application that uses Rust."""

import socket

import pytest
from programs import HANG, get, port_of

GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1"]
ASGI = [*GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker"]

# On a busy machine a worker may be silent for longer than the 5 seconds after which uvicorn kills it.
UVICORN = ["-m", "uvicorn", "--workers", "2", "--timeout-worker-healthcheck", "60", "--fd"]

APP = """
import asyncio
from functools import lru_cache
from market import PriceList, Shop

shop = Shop()

@lru_cache(maxsize=None)
def price_list():
    return PriceList()

{at_import}

async def answer(path):
    if path == "/alive":
        return "alive"
    asked = {{"/shop": lambda: shop, "/lazy": price_list, "/list": lambda: prices}}[path]()
    return str(await asked.price("tea"))

async def app(scope, receive, send):
    if scope["type"] == "http":
        body = await answer(scope["path"])
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": body.encode()}})

def wsgi(environ, start_response):
    body = asyncio.run(answer(environ["PATH_INFO"]))
    start_response("200 OK", [])
    return [body.encode()]
"""
# What the application does while it is imported, beside building a shop, which starts nothing.
NOTHING = ""
LIST = "prices = PriceList()"
AWAITS = "asyncio.run(shop.price('tea'))"
BLOCKS = "shop.price_sync('tea')"


@pytest.fixture
def serve(tmp_path, start):
    def serve(arguments, at_import, running, **more):
        (tmp_path / "served.py").write_text(APP.format(at_import=at_import))
        program = start(*arguments, **more)
        return program, port_of(program.line_with(running))

    return serve


@pytest.fixture
def descriptor():
    """That of a socket whose connections wait until a worker accepts them: uvicorn says that it runs before one can."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.fileno()


LISTENING, RUNNING = "Listening at:", "Uvicorn running on"


@pytest.mark.parametrize("arguments", [[*ASGI, "served:app"], [*GUNICORN, "served:wsgi"]], ids=["uvicorn", "sync"])
def test_gunicorn_without_preload_forks_first_and_works_whatever_the_application_makes(serve, arguments):
    _, port = serve(arguments, "\n".join((LIST, AWAITS, BLOCKS)), LISTENING)
    assert [get(port, path) for path in ("/list", "/lazy", "/shop")] == [(200, "3")] * 3


def test_gunicorn_with_preload_works_if_the_application_starts_no_task_at_its_import(serve):
    _, port = serve([*GUNICORN, "--preload", "served:wsgi"], NOTHING, LISTENING)
    assert [get(port, path) for path in ("/lazy", "/shop")] == [(200, "3")] * 2


def test_with_preload_and_uvicorns_worker_a_request_hangs_while_others_are_answered(serve):
    _, port = serve([*ASGI, "--preload", "served:app"], LIST, LISTENING)
    assert get(port, "/alive") == (200, "alive")
    assert get(port, "/list", HANG) == "hangs"
    assert get(port, "/alive") == (200, "alive")


def test_with_preload_and_the_sync_worker_gunicorn_logs_worker_timeout(serve):
    program, port = serve([*GUNICORN, "--timeout", "2", "--preload", "served:wsgi"], AWAITS, LISTENING)
    program.line_with("Booting worker with pid")
    status, _ = get(port, "/shop")
    assert status == 500
    program.line_with("[CRITICAL] WORKER TIMEOUT (pid:")
    program.line_with("Error handling request")
    program.line_with("SystemExit: 1")


CONFIG = """
def post_fork(server, worker):
    import served
    served.prices = served.PriceList()
"""


def test_post_fork_may_build_the_list_in_each_worker(serve, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text(CONFIG)
    _, port = serve([*GUNICORN, "--preload", "served:wsgi"], NOTHING, LISTENING)
    assert get(port, "/list") == (200, "3")


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["without preload", "with it"])
def test_a_list_that_is_built_in_the_lifespan_works_with_gunicorn(start, preload):
    program = start(*ASGI, *preload, "app:app")
    port = port_of(program.line_with(LISTENING))
    assert get(port, "/cake") == (200, "5")


def test_uvicorn_with_two_workers_starts_them_anew_and_works_whatever_the_application_makes(serve, descriptor):
    # An await at the import is the subject of the next test.
    arguments = [*UVICORN, str(descriptor), "served:app"]
    program, port = serve(arguments, "\n".join((LIST, BLOCKS)), RUNNING, pass_fds=[descriptor])
    for _ in range(2):
        program.line_with("Started server process")
    assert [get(port, path) for path in ("/list", "/lazy", "/shop")] == [(200, "3")] * 3


def test_uvicorn_refuses_an_application_that_awaits_at_its_import(serve, descriptor):
    program, _ = serve([*UVICORN, str(descriptor), "served:app"], AWAITS, RUNNING, pass_fds=[descriptor])
    error = program.line_with("RuntimeError:")
    assert error == "RuntimeError: asyncio.run() cannot be called from a running event loop\n"


AWAITS_FIRST = f"""
import asyncio, sys
import uvicorn
from market import Shop

if __name__ == "__main__":
    assert asyncio.run(Shop().price("tea")) == 3
    uvicorn.main([*{UVICORN[2:]}, sys.argv[1], "app:app"])
"""


def test_uvicorn_with_two_workers_runs_the_application_of_the_page_after_its_parent_has_awaited(
    start, tmp_path, descriptor
):
    (tmp_path / "main.py").write_text(AWAITS_FIRST)
    program = start("main.py", str(descriptor), pass_fds=[descriptor])
    port = port_of(program.line_with(RUNNING))
    assert get(port, "/tea") == (200, "3")
