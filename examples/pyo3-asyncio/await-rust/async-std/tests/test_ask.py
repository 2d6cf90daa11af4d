"""Arguments, results, exceptions, and when the Rust future runs, a test for each sentence."""

import asyncio
import gc
import inspect
import re
import socket
import weakref
from contextlib import contextmanager

import pytest
from asker import _native, ask, call_rust_sleep


@contextmanager
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server, server.getsockname()[1]


@contextmanager
def asked(server):
    """Blocks until Rust has connected and asked: the connection and the question."""
    connection, _ = server.accept()
    connection.settimeout(60)
    with connection, connection.makefile("r") as lines:
        yield connection, lines.readline().strip()


@contextmanager
def refusing():
    """The port of a socket that is bound, so that it is nobody else's, but does not listen."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_arguments_go_to_rust_and_its_result_comes_back():
    async def main():
        with listening() as (server, port):
            future = _native.ask(port, "which day is it?")
            with asked(server) as (connection, question):
                assert question == "which day is it?"
                connection.sendall(b"Sunday\n")
            assert await future == "Sunday"

    asyncio.run(main())


def test_a_unit_that_should_be_none_is_none():
    assert asyncio.run(call_rust_sleep(0)) is None


def test_an_io_error_of_rust_is_the_oserror_that_python_knows():
    with refusing() as port, pytest.raises(ConnectionRefusedError) as caught:
        asyncio.run(ask(port, "are you there?"))
    assert re.search(r" \(os error \d+\)$", str(caught.value))


def test_the_error_number_stays_in_the_text():
    with refusing() as port, pytest.raises(ConnectionRefusedError) as caught:
        asyncio.run(ask(port, "are you there?"))
    assert caught.value.errno is None


def test_a_wrong_argument_is_refused_by_the_call_itself():
    async def main():
        with pytest.raises(OverflowError) as caught:
            _native.ask(65536, "are you there?")
        assert "out of range" in str(caught.value)
        with pytest.raises(TypeError) as caught:
            _native.ask(80, 42)
        # With pyo3-asyncio it is the second: its pyo3 is older.
        assert str(caught.value) in (
            "'int' object is not an instance of 'str'",
            "argument 'question': 'int' object cannot be converted to 'PyString'",
        )

    asyncio.run(main())


def test_the_wrapper_raises_the_same_at_the_await():
    coroutine = ask(65536, "are you there?")
    with pytest.raises(OverflowError):
        asyncio.run(coroutine)


def test_the_future_starts_at_the_call():
    async def main():
        with listening() as (server, port):
            future = _native.ask(port, "which day is it?")
            # This blocks the only thread that could await anything.
            with asked(server) as (connection, question):
                assert question == "which day is it?"
                assert not future.done()
                connection.sendall(b"Sunday\n")
            assert await future == "Sunday"

    asyncio.run(main())


def test_the_coroutine_starts_when_it_is_awaited():
    coroutine = ask(80, "are you there?")
    assert inspect.getcoroutinestate(coroutine) == "CORO_CREATED"
    coroutine.close()


def test_the_future_can_be_awaited_again_and_the_coroutine_cannot():
    async def main():
        future = _native.call_rust_sleep(0)
        assert await future is None
        assert await future is None
        coroutine = call_rust_sleep(0)
        await coroutine
        with pytest.raises(RuntimeError) as caught:
            await coroutine
        assert str(caught.value) == "cannot reuse already awaited coroutine"

    asyncio.run(main())


def test_a_future_that_nobody_keeps_still_ends():
    async def main():
        with listening() as (server, port):
            future = weakref.ref(_native.ask(port, "which day is it?"))
            with asked(server) as (connection, _):
                gc.collect()
                connection.sendall(b"Sunday\n")
                assert await future() == "Sunday"

    asyncio.run(main())


def test_cancelling_the_future_drops_the_rust_future():
    async def main():
        with listening() as (server, port):
            future = _native.ask(port, "which day is it?")
            with asked(server) as (connection, _):
                future.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await future
                # The Rust side of the connection is closed: this would wait otherwise.
                await asyncio.sleep(0)
                assert connection.recv(1) == b""

    asyncio.run(main())


def test_an_error_that_nobody_awaits_is_only_reported_to_the_loop():
    async def main():
        reported = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: reported.append(context)
        )
        with refusing() as port:
            future = _native.ask(port, "are you there?")
            await asyncio.wait([future])
        del future
        # Rust drops its reference a moment later, and Python sees that at the next call of Rust.
        while not reported:
            await call_rust_sleep(0)
        (context,) = reported
        assert context["message"] == "Future exception was never retrieved"
        assert isinstance(context["exception"], ConnectionRefusedError)

    asyncio.run(main())


def test_on_a_thread_without_a_loop_the_call_fails():
    async def main():
        with pytest.raises(RuntimeError) as caught:
            await asyncio.to_thread(_native.call_rust_sleep, 0)
        assert str(caught.value) == "no running event loop"

    asyncio.run(main())
