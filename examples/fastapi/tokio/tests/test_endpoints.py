"""Endpoints that await the module or call it, in the process of the test, as FastAPI's `TestClient` runs them."""

import asyncio
import importlib
import sys
import threading
import warnings
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from parcels import Carrier, _native

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A fresh copy of the app that a page shows; it opens its client in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "parcels.service", raising=False)
    return importlib.import_module("parcels.service").app


def booked():
    return Path("parcels.txt").read_text().split()


def test_an_endpoint_awaits_the_module_and_the_lifespan_closes_it(app):
    with TestClient(app) as client:
        assert client.post("/parcels/tea").json() == {"booked": "tea"}
        assert booked() == []
    assert booked() == ["tea"]


def test_a_def_endpoint_calls_the_sync_function_on_another_thread(app):
    with TestClient(app) as client:
        assert client.post("/counter/tea").json() == {"booked": "tea"}
    assert booked() == ["tea"]
    threads = []

    @app.get("/def")
    def on_a_thread():
        threads.append(threading.get_ident())

    @app.get("/async")
    async def on_the_loop():
        threads.append(threading.get_ident())

    with TestClient(app) as client:
        client.get("/def")
        client.get("/async")
    assert threads[0] != threads[1]


def test_40_def_endpoints_run_at_once_and_no_more(app):
    all_there = threading.Barrier(40)
    running = []

    @app.get("/meet")
    def meet():
        running.append(True)
        # If more ran at once, the 41st would be counted before these 40 have met.
        all_there.wait(60)
        running.pop()
        return len(running) < 40

    async def main():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            answers = await asyncio.gather(*(client.get("/meet") for _ in range(80)))
        return [answer.json() for answer in answers]

    assert asyncio.run(main()) == [True] * 80


def test_an_async_function_of_rust_fails_in_a_def_endpoint(app):
    @app.post("/wrong")
    def wrong(request: Request):
        _native.Carrier("parcels.txt").book("tea")

    with TestClient(app) as client:
        with pytest.raises(RuntimeError, match="^no running event loop$"):
            client.post("/wrong")


def test_the_sync_function_in_an_async_endpoint_blocks_the_event_loop(app):
    turns = []

    @app.post("/blocking")
    async def blocking(request: Request):
        asyncio.get_running_loop().call_soon(turns.append, "a turn")
        request.state.carrier.book_sync("tea")
        turns.append("booked")

    @app.post("/awaiting")
    async def awaiting(request: Request):
        asyncio.get_running_loop().call_soon(turns.append, "a turn")
        await request.state.carrier.book("tea")
        turns.append("booked")

    with TestClient(app) as client:
        client.post("/blocking")
        assert turns[0] == "booked"
        turns.clear()
        client.post("/awaiting")
        assert turns == ["a turn", "booked"]


def test_without_with_the_test_client_runs_no_lifespan(app):
    with pytest.raises(AttributeError, match="'State' object has no attribute 'carrier'"):
        TestClient(app).post("/parcels/tea")


def test_each_with_has_an_event_loop_of_its_own_and_without_it_each_request(app):
    loops = []

    @app.get("/loop")
    async def loop():
        loops.append(asyncio.get_running_loop())

    for _ in range(2):
        with TestClient(app) as client:
            client.get("/loop")
            client.get("/loop")
    assert loops[0] is loops[1] and loops[2] is loops[3] and loops[0] is not loops[2]
    client = TestClient(app)
    client.get("/loop")
    client.get("/loop")
    assert len(set(map(id, loops))) == 4


def test_a_client_that_is_made_at_import_works_on_each_of_these_loops(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = FastAPI()
    carrier = Carrier("parcels.txt")

    @app.post("/parcels/{item}")
    async def book(item: str):
        await carrier.book(item)

    for item in ("tea", "coffee"):
        with TestClient(app) as client:
            assert client.post(f"/parcels/{item}").status_code == 200
    assert TestClient(app).post("/parcels/rice").status_code == 200
    for _ in range(2):
        asyncio.run(carrier.close())
    assert booked() == ["tea", "coffee", "rice"]


def test_a_future_of_rust_that_is_kept_for_another_loop_fails_there(app):
    kept = []

    @app.get("/keep")
    async def keep(request: Request):
        carrier = _native.Carrier("parcels.txt")
        kept.extend([carrier, carrier.bookings().next()])

    @app.get("/await")
    async def await_it():
        await kept[1]

    with TestClient(app) as client:
        client.get("/keep")
    with TestClient(app) as client, pytest.raises(RuntimeError, match="attached to a different loop"):
        client.get("/await")


def test_a_reader_that_is_more_than_64_bookings_late_is_told(tmp_path):
    async def main():
        async with Carrier(str(tmp_path / "parcels.txt")) as carrier, carrier.bookings() as bookings:
            await asyncio.gather(*(carrier.book(str(number)) for number in range(65)))
            with pytest.raises(RuntimeError, match="^channel lagged by 1$"):
                await bookings.__anext__()

    asyncio.run(main())
