"""What the guide says of the client, a test for each sentence."""

import asyncio
import copy
import os
import pickle
import socket
import sys
import threading

import pytest
from courier import ClosedError, ConnectError, HttpError, HttpTimeout, Session, StatusError, _native, errors
from service import CA, MEGABYTES, Service

# Windows and macOS keep the roots that they trust elsewhere: tests leave those alone.
trusts_a_file = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="SSL_CERT_FILE says what is trusted on Linux alone"
)


def run(main, **more):
    """Runs `main(service, session)`, and ends what hangs."""

    async def served():
        async with Service() as service, Session(service.url, **more) as session:
            await main(service, session)

    asyncio.run(asyncio.wait_for(served(), 120))


def test_a_get_has_status_headers_and_json():
    async def main(service, session):
        response = await session.get("/echo?page=2")
        assert response.status == 200
        assert response.headers["content-type"] == response.headers["CONTENT-TYPE"] == "application/json"
        assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert response.headers["x-name"] == "Jörg"
        answer = await response.json()
        assert (answer["method"], answer["path"], answer["body"]) == ("GET", "/echo?page=2", "")

    run(main)


def test_a_post_sends_its_body_and_headers():
    async def main(service, session):
        answer = await (await session.post("/echo", b"a body", headers={"x-page": "2"})).json()
        assert (answer["method"], answer["body"]) == ("POST", "a body")
        assert (answer["headers"]["x-token"], answer["headers"]["x-page"]) == ("secret", "2")

    run(main, headers={"x-token": "secret", "x-page": "1"})


def test_a_header_of_the_request_replaces_that_of_the_session_in_any_case():
    async def main(service, session):
        for name in ["Authorization", "authorization", "AUTHORIZATION"]:
            answer = await (await session.get("/echo", headers={name: "of the request"})).json()
            assert answer["authorizations"] == ["of the request"]
        answer = await (await session.get("/echo")).json()
        assert answer["authorizations"] == ["of the session"]

    run(main, headers={"Authorization": "of the session"})


def test_bodies_that_are_read_leave_one_connection_for_all_requests():
    async def main(service, session):
        for _ in range(5):
            await (await session.get("/echo")).read()
        assert service.connections == 1

    run(main)


def test_the_event_loop_goes_on_while_a_request_waits():
    async def main(service, session):
        request = asyncio.ensure_future(session.get("/silent"))
        await service.asked.wait()
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not request.done()
        request.cancel()

    run(main)


@pytest.mark.parametrize("how", ["cancel", "wait_for"])
def test_a_cancelled_request_ends_its_connection(how):
    async def main(service, session):
        request = asyncio.ensure_future(session.get("/silent"))
        await service.asked.wait()
        assert not service.ended.is_set()
        if how == "cancel":
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
        else:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(request, 0.01)
        await asyncio.wait_for(service.ended.wait(), 20)

    run(main)


def test_a_cancelled_read_ends_the_connection_and_closes_the_body():
    async def main(service, session):
        response = await session.get("/slow")
        assert await response.__anext__() == b"first"
        read = asyncio.ensure_future(response.read())
        await asyncio.sleep(0)
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await read
        await asyncio.wait_for(service.ended.wait(), 20)
        with pytest.raises(ClosedError, match="^the body is closed$"):
            await response.read()

    run(main)


def test_a_body_comes_in_chunks_while_the_server_still_writes():
    async def main(service, session):
        chunks = []
        async for chunk in await session.get("/slow"):
            chunks.append(chunk)
            service.go_on.set()
        assert chunks == [b"first", b" rest"]

    run(main)


def test_a_server_waits_for_a_reader_that_does_not_read():
    async def main(service, session):
        response = await session.get("/large")
        size = len(await response.__anext__())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(service.sent_all.wait(), 0.5)
        async for chunk in response:
            size += len(chunk)
        assert size == MEGABYTES << 20
        await service.sent_all.wait()

    run(main)


def test_a_block_that_is_left_early_ends_the_connection():
    async def main(service, session):
        async with await session.get("/slow") as response:
            async for _ in response:
                break
        await asyncio.wait_for(service.ended.wait(), 20)
        with pytest.raises(ClosedError, match="^the body is closed$"):
            await response.__anext__()

    run(main)


def test_without_the_block_a_break_leaves_the_connection_open():
    async def main(service, session):
        response = await session.get("/slow")
        async for _ in response:
            break
        service.go_on.set()
        assert await response.read() == b" rest"

    run(main)


def test_a_body_is_read_once():
    async def main(service, session):
        response = await session.get("/echo")
        await response.read()
        with pytest.raises(ClosedError, match="^the body was read$"):
            await response.json()

    run(main)


def test_a_body_has_one_reader_at_a_time():
    async def main(service, session):
        response = await session.get("/slow")
        assert await response.__anext__() == b"first"
        read = asyncio.ensure_future(response.__anext__())
        await asyncio.sleep(0)
        with pytest.raises(ClosedError, match="^the body is being read$"):
            await response.__anext__()
        service.go_on.set()
        assert await read == b" rest"

    run(main)


def test_a_refused_connection_has_the_error_of_the_system_as_its_cause():
    async def main():
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            address = "http://127.0.0.1:%d" % listener.getsockname()[1]
            # Bound, and not listening: the port stays reserved, and has no server.
            async with Session(address) as session:
                with pytest.raises(ConnectError) as caught:
                    await session.get("/")
        assert str(caught.value) == "error sending request"
        assert isinstance(caught.value, HttpError)
        assert isinstance(caught.value.__cause__, ConnectionRefusedError)

    asyncio.run(main())


def test_a_timeout_of_a_request_is_an_http_timeout_and_ends_the_connection():
    async def main(service, session):
        with pytest.raises(HttpTimeout, match="^error sending request$") as caught:
            await session.get("/silent", timeout=0.1)
        assert isinstance(caught.value.__cause__, TimeoutError)
        assert str(caught.value.__cause__) == "operation timed out"
        await asyncio.wait_for(service.ended.wait(), 20)

    run(main)


def test_the_timeout_of_a_request_counts_until_the_body_is_read():
    async def main(service, session):
        with pytest.raises(HttpTimeout) as caught:
            await (await session.get("/slow", timeout=0.5)).read()
        assert isinstance(caught.value.__cause__, TimeoutError)
        await asyncio.wait_for(service.ended.wait(), 20)

    run(main)


def test_the_read_timeout_of_a_session_ends_a_body_that_stalls():
    async def main(service, session):
        with pytest.raises(HttpTimeout):
            await (await session.get("/slow")).read()

    run(main, read_timeout=0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS refuse what is too much for a queue")
def test_a_connect_timeout_is_an_http_timeout():
    async def main():
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            # A queue of connections that is full answers no further one.
            others = [socket.socket() for _ in range(4)]
            for other in others:
                other.setblocking(False)
                other.connect_ex(address)
            async with Session("http://127.0.0.1:%d" % address[1], connect_timeout=0.1) as session:
                with pytest.raises(HttpTimeout):
                    await session.get("/", timeout=3600)
            for other in others:
                other.close()

    asyncio.run(main())


def test_an_error_status_is_an_answer_until_it_is_asked_for():
    async def main(service, session):
        response = await session.get("/missing")
        assert response.status == 404
        with pytest.raises(StatusError, match="^the server answered with status 404$") as caught:
            response.raise_for_status()
        assert caught.value.status == 404
        assert await response.read() == b"no such page"
        assert (await session.get("/echo")).raise_for_status() is None

    run(main)


ERRORS = [
    error("a message") if error is not StatusError else error(404)
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, Exception)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_every_error_survives_copy_and_pickle(error, copied):
    again = copied(error)
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)
    assert vars(again) == vars(error)


def test_there_are_five_classes_of_errors():
    assert {type(error) for error in ERRORS} == {HttpError, ConnectError, HttpTimeout, ClosedError, StatusError}


def test_a_body_that_breaks_off_raises_after_its_first_part():
    async def main(service, session):
        response = await session.get("/broken")
        assert await response.__anext__() == b"first"
        with pytest.raises(HttpError, match="^error decoding response body$") as caught:
            await response.__anext__()
        assert caught.value.__cause__ is not None
        assert type(caught.value) is HttpError

    run(main)


def test_what_is_not_http_raises_with_a_cause():
    async def main(service, session):
        with pytest.raises(HttpError, match="^error sending request$") as caught:
            await session.get("/nonsense")
        assert str(caught.value.__cause__) == "invalid HTTP version parsed"

    run(main)


def test_a_header_with_a_line_break_is_refused():
    async def main(service, session):
        with pytest.raises(HttpError, match="^builder error$") as caught:
            await session.get("/echo", headers={"x-page": "2\r\nx-token: stolen"})
        assert str(caught.value.__cause__) == "failed to parse header value"
        assert service.connections == 0

    run(main)


def test_a_path_to_another_server_is_refused():
    async def main(service, session):
        for path in ["http://127.0.0.2/", "//127.0.0.2/", "https" + service.url[4:]]:
            with pytest.raises(ValueError, match="^the path leads to another server$"):
                await session.get(path)
        assert (await session.get(service.url + "/echo")).status == 200

    run(main)


def test_redirects_are_followed_ten_times():
    async def main(service, session):
        answer = await (await session.get("/moved")).json()
        assert answer["path"] == "/echo"
        with pytest.raises(HttpError, match="^error following redirect$") as caught:
            await session.get("/round")
        assert str(caught.value.__cause__) == "too many redirects"

    run(main)


def test_a_redirect_to_another_server_is_an_answer():
    async def main(service, session):
        response = await session.get("/away")
        assert (response.status, response.headers["location"]) == (302, "http://127.0.0.2:1/")

    run(main)


def trust(monkeypatch, roots):
    """The file in the place of the system's roots."""
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def run_https(main):
    """Runs `main(service)`, a server whose certificate is from a private CA."""

    async def served():
        async with Service(https=True) as service:
            await main(service)

    asyncio.run(asyncio.wait_for(served(), 120))


@trusts_a_file
def test_https_has_an_answer_from_a_server_whose_ca_is_trusted(monkeypatch):
    trust(monkeypatch, CA)

    async def main(service):
        async with Session(service.url) as session:
            for _ in range(2):
                answer = await (await session.post("/echo", b"a body")).json()
                assert (answer["path"], answer["body"]) == ("/echo", "a body")
            assert service.connections == 1

    run_https(main)


def test_a_certificate_that_nobody_trusts_is_a_connect_error():
    async def main(service):
        async with Session(service.url) as session:
            with pytest.raises(ConnectError, match="^error sending request$") as caught:
                await session.get("/echo")
        assert type(caught.value) is ConnectError
        assert isinstance(caught.value.__cause__, OSError)
        if sys.platform == "linux":
            # Elsewhere the words are the system's.
            assert str(caught.value.__cause__) == "invalid peer certificate: UnknownIssuer"
        assert not service.asked.is_set()

    run_https(main)


@trusts_a_file
def test_a_certificate_for_another_name_is_a_connect_error(monkeypatch):
    trust(monkeypatch, CA)

    async def main(service):
        async with Session(f"https://localhost:{service.port}") as session:
            with pytest.raises(ConnectError, match="^error sending request$") as caught:
                await session.get("/echo")
        assert str(caught.value.__cause__).startswith("invalid peer certificate: certificate not valid for name")
        assert not service.asked.is_set()

    run_https(main)


@trusts_a_file
def test_a_redirect_from_https_to_http_is_an_answer(monkeypatch):
    trust(monkeypatch, CA)

    async def main(service):
        async with Session(service.url) as session:
            response = await session.get("/plain")
            assert (response.status, response.headers["location"]) == (302, f"http://127.0.0.1:{service.port}/echo")
            assert service.connections == 1

    run_https(main)


@trusts_a_file
def test_without_roots_https_is_an_error_and_http_goes_on(monkeypatch):
    trust(monkeypatch, os.devnull)
    with pytest.raises(HttpError, match="^builder error$") as caught:
        Session("https://127.0.0.1")
    assert str(caught.value.__cause__) == "unexpected error: No CA certificates were loaded from the system"

    async def main(service, session):
        assert (await session.get("/echo")).status == 200

    run(main)


def test_a_connect_timeout_counts_until_the_tls_handshake_is_over():
    async def main():
        with socket.socket() as listener:
            # The system accepts the connection, but no server answers.
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            async with Session("https://127.0.0.1:%d" % listener.getsockname()[1], connect_timeout=0.1) as session:
                with pytest.raises(HttpTimeout, match="^error sending request$") as caught:
                    await session.get("/")
        assert isinstance(caught.value.__cause__, TimeoutError)

    asyncio.run(asyncio.wait_for(main(), 120))


def test_messages_do_not_hold_the_address():
    async def main(service, session):
        with pytest.raises(HttpTimeout) as caught:
            await session.get("/silent?password=secret", timeout=0.1)
        assert "secret" not in repr(caught.value) + repr(caught.value.__cause__)

    run(main)


def test_close_ends_a_request_that_is_under_way():
    async def main(service, session):
        request = asyncio.ensure_future(session.get("/silent"))
        await service.asked.wait()
        await session.close()
        with pytest.raises(ClosedError, match="^the session is closed$"):
            await request
        await asyncio.wait_for(service.ended.wait(), 20)

    run(main)


def test_close_ends_connections_that_wait_for_the_next_request():
    async def main(service, session):
        await (await session.get("/echo")).read()
        assert not service.ended.is_set()
        await session.close()
        await asyncio.wait_for(service.ended.wait(), 20)

    run(main)


def test_a_closed_session_takes_no_request_and_can_be_closed_again():
    async def main(service, session):
        await session.close()
        await session.close()
        with pytest.raises(ClosedError, match="^the session is closed$"):
            await session.get("/echo")

    run(main)


def test_a_body_cannot_be_read_after_its_session_was_closed():
    async def main(service, session):
        response = await session.get("/slow")
        await session.close()
        with pytest.raises(ClosedError, match="^the session is closed$"):
            await response.read()
        await asyncio.wait_for(service.ended.wait(), 20)

    run(main)


def test_an_error_in_the_block_closes_the_session_and_goes_on():
    async def main():
        async with Service() as service:
            with pytest.raises(KeyError, match="^'no such'$"):
                async with Session(service.url) as session:
                    await (await session.get("/echo")).read()
                    raise KeyError("no such")
            await asyncio.wait_for(service.ended.wait(), 20)

    asyncio.run(main())


def test_one_session_serves_several_event_loops():
    started, ready, over = [], threading.Event(), threading.Event()

    async def serve():
        async with Service() as service:
            started.append(service)
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.01)

    async def ask(session):
        return (await (await session.get("/echo")).json())["path"]

    server = threading.Thread(target=asyncio.run, args=(serve(),))
    server.start()
    assert ready.wait(60)
    session = Session(started[0].url)
    try:
        assert [asyncio.run(ask(session)) for _ in range(2)] == ["/echo", "/echo"]
        assert started[0].connections == 1
        asyncio.run(session.close())
    finally:
        over.set()
        server.join()


@pytest.mark.parametrize("number", [-1, float("nan"), 1e30])
def test_a_timeout_that_is_no_time_is_a_value_error(number):
    with pytest.raises(ValueError):
        Session("http://127.0.0.1", connect_timeout=number)


def test_an_address_that_is_none_is_a_value_error():
    with pytest.raises(ValueError, match="^relative URL without a base$"):
        Session("no address")


def test_the_environment_sets_no_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    async def main(service, session):
        assert (await session.get("/echo")).status == 200

    run(main)


def test_the_native_request_is_an_asyncio_future():
    async def main(service, session):
        future = _native.Session(service.url, 1, 1).request("GET", "/echo", [], None, None)
        assert isinstance(future, asyncio.Future)
        assert (await future).status == 200

    run(main)
