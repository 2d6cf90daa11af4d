"""What the guide says of a module on smol, a test for each sentence."""

import asyncio
import contextvars
import importlib
import importlib.util
import inspect
import os
import socket
import subprocess
import sys
import time

import banners
import pytest
from banners import _native, read_banner, read_banner_once_up

NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")


@pytest.fixture(params=["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)])
def run(request):
    """`asyncio.run` or `uvloop.run`."""
    return importlib.import_module(request.param).run


@pytest.fixture
def reserved():
    """A socket whose port nothing listens on yet."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved


async def serve(talk):
    """The address of a server that does `talk` with each client."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server.sockets[0].getsockname()


def saying(text):
    async def talk(reader, writer):
        writer.write(text)
        await writer.drain()
        writer.close()

    return talk


@pytest.mark.parametrize(
    ("text", "banner"),
    [
        (b"SSH-2.0-demo\r\nmore\r\n", "SSH-2.0-demo"),
        (b"no newline", "no newline"),
        (b"", ""),
        (b"x" * 2000, "x" * 1024),
        (b"caf\xe9\n", "caf\ufffd"),
    ],
    ids=["a line", "no newline", "nothing", "a long line", "no UTF-8"],
)
def test_it_returns_the_first_line_of_the_server(run, text, banner):
    async def main():
        return await read_banner(*await serve(saying(text)))

    assert run(main()) == banner


def test_a_refused_connection_raises_connection_refused_error(run, reserved):
    with pytest.raises(ConnectionRefusedError) as caught:
        run(read_banner(*reserved.getsockname()))
    assert str(caught.value) == "Connection refused (os error 111)"


def test_it_is_cancelled_by_its_task_and_then_closes_the_connection(run):
    async def main():
        connected, closed = asyncio.Event(), asyncio.Event()

        async def talk(reader, writer):
            connected.set()
            assert await reader.read() == b""
            closed.set()
            writer.close()

        task = asyncio.ensure_future(read_banner(*await serve(talk)))
        await connected.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(closed.wait(), 60)

    run(main())


def test_a_hundred_reads_run_side_by_side(run):
    async def main():
        clients, all_here = [], asyncio.Event()

        async def talk(reader, writer):
            clients.append(writer)
            if len(clients) == 100:
                all_here.set()
            await all_here.wait()
            await saying(b"ready\n")(reader, writer)

        address = await serve(talk)
        return await asyncio.gather(*(read_banner(*address) for _ in range(100)))

    assert run(main()) == ["ready"] * 100


def test_retry_is_awaited_after_each_failure(run, reserved):
    async def main():
        errors = []

        async def retry(error):
            errors.append(error)
            if len(errors) == 3:
                await asyncio.start_server(saying(b"up\n"), sock=reserved)

        return await read_banner_once_up(*reserved.getsockname(), retry), errors

    banner, errors = run(main())
    assert banner == "up"
    assert [type(error) for error in errors] == [ConnectionRefusedError] * 3


def test_retry_sees_the_context_variables_of_the_caller(run, reserved):
    service = contextvars.ContextVar("service")

    async def main(name):
        seen = []

        async def retry(error):
            seen.append(service.get())
            await asyncio.sleep(0)
            if len(seen) == 3:
                raise error

        service.set(name)
        with pytest.raises(ConnectionRefusedError):
            await read_banner_once_up(*reserved.getsockname(), retry)
        return seen

    async def both():
        return await asyncio.gather(main("mail"), main("shell"))

    assert run(both()) == [["mail"] * 3, ["shell"] * 3]


def test_what_retry_raises_ends_the_await(run, reserved):
    async def retry(error):
        raise LookupError("given up") from error

    with pytest.raises(LookupError, match="^given up$") as caught:
        run(read_banner_once_up(*reserved.getsockname(), retry))
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_cancellation_does_not_end_a_retry_that_is_running(run, reserved):
    async def main():
        started, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def retry(error):
            started.set()
            await go.wait()
            ended.set()

        task = asyncio.ensure_future(read_banner_once_up(*reserved.getsockname(), retry))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.set()
        await asyncio.wait_for(ended.wait(), 60)

    run(main())


def test_the_raw_functions_return_asyncio_futures_and_the_wrappers_are_coroutine_functions(run, reserved):
    async def main():
        for future in [
            _native.read_banner(*reserved.getsockname()),
            _native.read_banner_once_up(*reserved.getsockname(), None),
        ]:
            assert isinstance(future, asyncio.Future)
            future.cancel()

    run(main())
    assert all(inspect.iscoroutinefunction(getattr(banners, name)) for name in banners.__all__)


THREADS = """
import asyncio, os, sys, time
from banners import read_banner

async def main():
    try:
        await read_banner("127.0.0.1", 0)
    except OSError:
        pass

def names():
    found = []
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/comm") as name:
            found.append(name.read().strip())
    return sorted(name for name in found if name.startswith("smol-"))

asyncio.run(main())
# A thread gives itself its name, as soon as it runs.
end = time.monotonic() + 60
while names() != sys.argv[1:] and time.monotonic() < end:
    time.sleep(0.01)
print(*names())
"""


def without_smol_threads(**variables):
    environment = {name: value for name, value in os.environ.items() if name != "SMOL_THREADS"}
    return {**environment, **variables}


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads have their names in /proc on Linux")
@pytest.mark.parametrize(("variable", "threads"), [({}, "smol-1"), ({"SMOL_THREADS": "3"}, "smol-1 smol-2 smol-3")])
def test_smol_starts_one_thread_or_as_many_as_smol_threads_says(variable, threads):
    command = [sys.executable, "-c", THREADS, *threads.split()]
    program = subprocess.run(command, env=without_smol_threads(**variable), capture_output=True, timeout=120)
    assert (program.returncode, program.stdout.decode().strip(), program.stderr.decode()) == (0, threads, "")


SET_AFTER_USE = """
import asyncio, os
from banners import read_banner

async def main():
    try:
        await read_banner("127.0.0.1", 0)
    except OSError:
        pass

asyncio.run(main())
os.environ["SMOL_THREADS"] = "3"
"""


def test_the_exit_stops_as_many_threads_as_smol_has_started_even_if_smol_threads_is_set_later():
    start = time.monotonic()
    program = subprocess.run([sys.executable, "-c", SET_AFTER_USE], env=without_smol_threads(), capture_output=True)
    assert (program.returncode, program.stderr.decode()) == (0, "")
    # The exit waits 30 seconds for a thread that is not there.
    assert time.monotonic() - start < 30


LAST_READ = """
import asyncio, atexit

async def last_read():
    try:
        await read_banner("127.0.0.1", 0)
    except OSError as error:
        print("last:", type(error).__name__)

# Registered before the import: it runs after what the import registers.
atexit.register(lambda: asyncio.run(last_read()))
from banners import read_banner
asyncio.run(last_read())
"""


def test_an_atexit_function_that_was_registered_before_the_import_can_await_the_module():
    program = subprocess.run([sys.executable, "-c", LAST_READ], capture_output=True, timeout=60)
    lines = "last: ConnectionRefusedError\n" * 2
    assert (program.returncode, program.stdout.decode(), program.stderr.decode()) == (0, lines, "")
