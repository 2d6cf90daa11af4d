"""What the guide says of calls on the wrong thread, a test for each sentence."""

import asyncio
import contextlib
import gc
import socket
import subprocess
import sys
import warnings

import pytest
import wrong_thread

THREADS = 32  # The runtime has so many for blocking calls.
NO_REACTOR = "there is no reactor running, must be called from the context of a Tokio 1.x runtime"


def in_a_loop(function, *arguments):
    """Calls a function on the thread of a loop that runs."""

    async def main():
        return function(*arguments)

    return asyncio.run(main())


def panic_of(function, *arguments):
    with pytest.raises(BaseException) as caught:
        function(*arguments)
    assert type(caught.value).__name__ == "PanicException"
    return str(caught.value)


def test_the_run_of_the_bridge_works_only_where_no_loop_runs():
    assert wrong_thread.price_with_own_loop("tea") == 3
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError) as caught:
            in_a_loop(wrong_thread.price_with_own_loop, "tea")
        message = str(caught.value)
        del caught
        gc.collect()
    assert message == "Cannot run the event loop while another loop is running"
    texts = [str(warning.message) for warning in warned]
    assert "coroutine 'BaseEventLoop.shutdown_asyncgens' was never awaited" in texts


def test_an_async_fn_has_no_reactor_for_a_timer():
    async def main():
        await wrong_thread.price_polled("tea")

    assert panic_of(asyncio.run, main()) == NO_REACTOR


def test_a_spawn_in_a_plain_function_has_no_reactor_either():
    assert panic_of(wrong_thread.price_ahead, "tea") == NO_REACTOR


def unraisable_in(action, monkeypatch):
    """What Python could not raise during an action, as the names and texts of the exceptions."""
    reports = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda report: reports.append((report.exc_type.__name__, str(report.exc_value)))
    )
    action()
    return reports


def in_a_cycle(basket):
    """Only the garbage collector finds an object that refers to itself."""
    cycle = [basket]
    cycle.append(cycle)


@pytest.mark.parametrize("held", [lambda basket: None, in_a_cycle], ids=["released", "collected"])
def test_a_drop_that_spawns_panics_where_python_drops_the_object_and_nothing_can_catch_it(monkeypatch, held):
    def drop(kind):
        held(kind("tea"))
        gc.collect()

    assert unraisable_in(lambda: drop(wrong_thread.Basket), monkeypatch) == [("PanicException", NO_REACTOR)]
    assert unraisable_in(lambda: drop(wrong_thread.EnteredBasket), monkeypatch) == []


def test_the_function_of_the_bridge_panics_where_python_calls_it():
    outside = "outside of a `task::LocalSet` or `runtime::LocalRuntime`"
    panic = panic_of(in_a_loop, wrong_thread.cook_local, "soup")
    assert panic == f"`spawn_local` called from {outside}"


def test_in_a_set_that_nobody_runs_the_await_does_not_end():
    async def main():
        soup = wrong_thread.cook_in_set("soup")
        assert await asyncio.wait([soup], timeout=0.2) == (set(), {soup})

    asyncio.run(main())


# One worker, so that what keeps a worker keeps all of tokio.
COMMON = """
import asyncio, os, socket, threading, time
os.environ["TOKIO_WORKER_THREADS"] = "1"
import wrong_thread

server = socket.create_server(("127.0.0.1", 0))
address = "127.0.0.1:%d" % server.getsockname()[1]

def answered(place, meanwhile):
    # A thread takes the connection, so the work has begun, and answers when `meanwhile` has returned.
    async def main():
        loop = asyncio.get_running_loop()
        def serve():
            connection, _ = server.accept()
            try:
                print(meanwhile(loop))
            finally:
                connection.sendall(b"tea\\nmilk\\n")
                connection.close()
        serving = threading.Thread(target=serve)
        serving.start()
        print(await place(address))
        await asyncio.get_running_loop().run_in_executor(None, serving.join)
    asyncio.run(main())

def turns(loop):
    turned = threading.Event()
    loop.call_soon_threadsafe(turned.set)
    return turned.wait(SECONDS)

async def price():
    return await wrong_thread.price("tea")

def other_results(loop):
    # On a loop of its own: that of the work may be stopped.
    other = threading.Thread(target=asyncio.run, args=(price(),), daemon=True)
    other.start()
    other.join(SECONDS)
    return not other.is_alive()
"""


def printed(program, seconds=0.5):
    """What is expected to happen gets a minute, and what is not, `seconds`."""
    ended = subprocess.run(
        [sys.executable, "-c", f"SECONDS = {seconds}\n{COMMON}{program}"], capture_output=True, text=True, timeout=120
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


def test_work_in_the_function_itself_stops_the_loop():
    assert printed("answered(wrong_thread.on_loop, turns)") == ["False", "2"]


def test_work_in_the_function_itself_stops_no_other_future():
    assert printed("answered(wrong_thread.on_loop, other_results)", 60) == ["True", "2"]


def test_work_in_the_future_stops_the_worker_and_not_the_loop():
    assert printed("answered(wrong_thread.in_future, turns)", 60) == ["True", "2"]
    assert printed("answered(wrong_thread.in_future, other_results)") == ["False", "2"]


def test_work_on_a_blocking_thread_of_tokio_stops_neither():
    assert printed("answered(wrong_thread.on_blocking_thread, turns)", 60) == ["True", "2"]
    assert printed("answered(wrong_thread.on_blocking_thread, other_results)", 60) == ["True", "2"]


@contextlib.contextmanager
def server():
    """A server that keeps its clients waiting."""
    with socket.create_server(("127.0.0.1", 0), backlog=2 * THREADS) as listener:
        listener.settimeout(60)
        yield listener, "127.0.0.1:%d" % listener.getsockname()[1]


def test_as_many_blocked_calls_as_blocking_threads_stop_every_await():
    async def main():
        with server() as (listener, address):
            calls = [wrong_thread.on_blocking_thread(address) for _ in range(THREADS)]
            connections = [listener.accept()[0] for _ in calls]
            other = asyncio.ensure_future(wrong_thread.price("tea"))
            done, _ = await asyncio.wait([other], timeout=0.5)
            assert not done
            connections.pop().close()
            assert await other == 3
            for connection in connections:
                connection.close()
            assert await asyncio.gather(*calls) == THREADS * [0]

    asyncio.run(asyncio.wait_for(main(), 100))
