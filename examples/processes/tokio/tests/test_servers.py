"""gunicorn and uvicorn with several workers, and an application that uses Rust."""

import pytest
from programs import get, port_of

GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1"]
ASGI = [*GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker"]

UVICORN = ["-m", "uvicorn", "--workers", "2", "--port", "0"]

APP = """
import asyncio, os
from functools import lru_cache
from market import PriceList, Shop

{at_import}

async def answer(path):
    return "alive" if path == "/alive" else str(await {prices}.price("tea"))

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
# What the application does while it is imported, and where its prices are.
LIST = ("prices = PriceList()", "prices")
LAZY = ("@lru_cache(maxsize=None)\ndef price_list():\n    return PriceList()", "price_list()")
SHOP = ("shop = Shop()", "shop")
AWAITS = ("shop = Shop()\nasyncio.run(shop.price('tea'))", "shop")
BLOCKS = ("shop = Shop()\nshop.price_sync('tea')", "shop")
HARMLESS = {"a shop": SHOP, "a list at its first use": LAZY}
STARTS = {"a list": LIST, "an await": AWAITS, "a call that blocks": BLOCKS}
MAKES = {**HARMLESS, **STARTS}


@pytest.fixture
def serve(tmp_path, start):
    def serve(arguments, makes, running):
        at_import, prices = makes
        (tmp_path / "served.py").write_text(APP.format(at_import=at_import, prices=prices))
        program = start(*arguments)
        return program, port_of(program.line_with(running))

    return serve


LISTENING, RUNNING = "Listening at:", "Uvicorn running on"


@pytest.mark.parametrize("makes", MAKES.values(), ids=MAKES)
def test_gunicorn_without_preload_forks_first_and_works_whatever_the_application_makes(serve, makes):
    _, port = serve([*ASGI, "served:app"], makes, LISTENING)
    assert get(port, "/") == (200, "3")


@pytest.mark.parametrize("makes", HARMLESS.values(), ids=HARMLESS)
def test_gunicorn_with_preload_works_if_the_application_starts_no_task_at_its_import(serve, makes):
    _, port = serve([*ASGI, "--preload", "served:app"], makes, LISTENING)
    assert get(port, "/") == (200, "3")


@pytest.mark.parametrize("makes", STARTS.values(), ids=STARTS)
def test_with_preload_and_uvicorns_worker_a_request_hangs_while_others_are_answered(serve, makes):
    _, port = serve([*ASGI, "--preload", "served:app"], makes, LISTENING)
    assert get(port, "/alive") == (200, "alive")
    assert get(port, "/", 1) == "hangs"
    assert get(port, "/alive") == (200, "alive")


@pytest.mark.parametrize("makes", STARTS.values(), ids=STARTS)
def test_with_preload_and_the_sync_worker_gunicorn_logs_worker_timeout(serve, makes):
    program, port = serve([*GUNICORN, "--timeout", "2", "--preload", "served:wsgi"], makes, LISTENING)
    program.line_with("Booting worker with pid")
    status, _ = get(port, "/")
    assert status == 500
    program.line_with("[CRITICAL] WORKER TIMEOUT (pid:")
    program.line_with("Error handling request")
    program.line_with("SystemExit: 1")


def test_the_sync_worker_without_preload_answers(serve):
    _, port = serve([*GUNICORN, "served:wsgi"], LIST, LISTENING)
    assert get(port, "/") == (200, "3")


CONFIG = """
def post_fork(server, worker):
    import served
    served.prices = served.PriceList()
"""


def test_post_fork_may_build_the_list_in_each_worker(serve, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text(CONFIG)
    for application in ("served:app", "served:wsgi"):
        arguments = ASGI if application == "served:app" else GUNICORN
        _, port = serve([*arguments, "--preload", application], ("", "prices"), LISTENING)
        assert get(port, "/") == (200, "3")


def test_with_preload_a_list_that_is_built_in_the_lifespan_works(start):
    program = start(*ASGI, "--preload", "app:app")
    port = port_of(program.line_with(LISTENING))
    assert get(port, "/cake") == (200, "5")


# uvicorn imports the application in its event loop, where `asyncio.run` would raise.
IN_A_LOOP = {name: makes for name, makes in MAKES.items() if makes is not AWAITS}


@pytest.mark.parametrize("makes", IN_A_LOOP.values(), ids=IN_A_LOOP)
def test_uvicorn_with_two_workers_starts_them_anew_and_works_whatever_the_application_makes(serve, makes):
    program, port = serve([*UVICORN, "served:app"], makes, RUNNING)
    for _ in range(2):
        program.line_with("Started server process")
    assert [get(port, "/") for _ in range(4)] == [(200, "3")] * 4


def test_uvicorn_refuses_an_application_that_awaits_at_its_import(serve):
    program, _ = serve([*UVICORN, "served:app"], AWAITS, RUNNING)
    error = program.line_with("RuntimeError:")
    assert error == "RuntimeError: asyncio.run() cannot be called from a running event loop\n"


def test_uvicorn_with_two_workers_runs_the_application_of_the_page(start):
    program = start(*UVICORN, "app:app")
    port = port_of(program.line_with(RUNNING))
    assert get(port, "/coffee") == (200, "4")


AWAITS_FIRST = """
import asyncio
import uvicorn
from market import Shop

if __name__ == "__main__":
    assert asyncio.run(Shop().price("tea")) == 3
    uvicorn.run("app:app", port=0, workers=2)
"""


def test_uvicorn_with_two_workers_works_after_its_parent_has_awaited(start, tmp_path):
    (tmp_path / "main.py").write_text(AWAITS_FIRST)
    program = start("main.py")
    port = port_of(program.line_with(RUNNING))
    assert get(port, "/tea") == (200, "3")
