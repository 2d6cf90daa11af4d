"""Where work may keep its thread, a test for each sentence."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import sysconfig
import time

import lines
import pytest
from lines import _native

NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")

# Blocking calls that run at a time, and threads that the runtime has for them.
PERMITS, THREADS = 16, 32

# One worker, so that what keeps a worker keeps all of tokio.
COMMON = """
import asyncio, os, socket, threading, time
os.environ["TOKIO_WORKER_THREADS"] = os.environ["RAYON_NUM_THREADS"] = "1"
import lines
from lines import _native

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

def other_results(loop):
    # On a loop of its own: that of the work may be stopped.
    other = threading.Thread(target=asyncio.run, args=(lines.count(b""),), daemon=True)
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


def test_work_on_a_blocking_thread_stops_neither():
    assert printed("answered(_native.count_sent, turns)", 60) == ["True", "2"]
    assert printed("answered(_native.count_sent, other_results)", 60) == ["True", "2"]


COUNTING = """
def answer():
    connection, _ = server.accept()
    connection.sendall(b"tea\\n")
    connection.close()

async def main():
    threading.Thread(target=answer).start()
    counting = asyncio.ensure_future(lines.count(bytes(200_000_000)))
    await asyncio.sleep(0)
    print(await lines.count_sent(address), counting.done())
    counting.cancel()

asyncio.run(main())
"""


def test_work_on_rayon_stops_neither():
    assert printed(COUNTING) == ["1 False"]


@contextlib.contextmanager
def server():
    """A server that keeps its clients waiting."""
    with socket.create_server(("127.0.0.1", 0), backlog=2 * THREADS) as listener:
        listener.settimeout(60)
        yield listener, "127.0.0.1:%d" % listener.getsockname()[1]


def test_fewer_permits_than_threads_let_every_other_await_end():
    async def main():
        with server() as (listener, address):
            calls = [_native.count_sent(address) for _ in range(2 * THREADS)]
            connections = [listener.accept()[0] for _ in range(PERMITS)]
            assert await lines.count(b"tea\n") == 1
            listener.settimeout(0.3)
            with pytest.raises(OSError):
                listener.accept()
            listener.settimeout(60)
            for _ in calls[PERMITS:]:
                connections.pop().close()
                connections.append(listener.accept()[0])
            for connection in connections:
                connection.close()
            assert await asyncio.gather(*calls) == 2 * THREADS * [0]

    asyncio.run(asyncio.wait_for(main(), 100))


def test_a_cancelled_call_keeps_its_permit_until_it_ends():
    async def main():
        with server() as (listener, address):
            calls = [_native.count_sent(address) for _ in range(PERMITS)]
            connections = [listener.accept()[0] for _ in calls]
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
            another = _native.count_sent(address)
            listener.settimeout(0.3)
            with pytest.raises(OSError):
                listener.accept()
            listener.settimeout(60)
            connections.pop().close()
            listener.accept()[0].close()
            assert await another == 0
            for connection in connections:
                connection.close()

    asyncio.run(asyncio.wait_for(main(), 100))


def test_a_server_that_is_not_there_is_the_error_of_the_system():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(lines.count_sent("127.0.0.1:%d" % nobody.getsockname()[1]))


CANCELS = """
async def timed(future):
    start = time.monotonic()
    await future
    return time.monotonic() - start

async def main():
    text = bytes(200_000_000)
    whole = await timed(_native.count(text))
    counting = _native.count(text)
    await asyncio.sleep(whole / 20)
    counting.cancel()
    print(await timed(_native.count(b"")) < whole / 2)

asyncio.run(main())
"""


def test_a_count_that_is_cancelled_stops():
    assert printed(CANCELS) == ["True"]


def test_lines_are_counted_on_all_threads_of_rayon():
    text = b"tea\n" * 100_000
    assert asyncio.run(lines.count(text)) == text.count(b"\n")
    assert asyncio.run(lines.count(b"")) == 0


REFERENCES = """
import sys
sys.setswitchinterval(100)  # No other thread counts references meanwhile.

async def main(text):
    before = sys.getrefcount(text)
    counting = _native.count(text)
    print(sys.getrefcount(text) - before, await counting)

asyncio.run(main(TYPE(b"tea\\n" * 1000)))
"""


@NEEDS_GIL
def test_bytes_are_borrowed_by_the_thread_that_counts():
    assert printed(REFERENCES.replace("TYPE", "bytes")) == ["1 1000"]


def test_a_bytearray_is_copied():
    assert printed(REFERENCES.replace("TYPE", "bytearray")) == ["0 1000"]


def test_bytes_that_python_drops_meanwhile_stay():
    async def main():
        counting = _native.count(b"".join([b"tea\n"] * 1000))
        return await counting

    assert asyncio.run(main()) == 1000


def test_a_bytearray_may_change_meanwhile():
    async def main():
        text = bytearray(b"tea\n" * 1000)
        counting = _native.count(text)
        text.clear()
        return await counting

    assert asyncio.run(main()) == 1000


def test_a_view_of_memory_is_refused():
    async def main():
        await _native.count(memoryview(b"tea\n"))

    with pytest.raises(TypeError) as caught:
        asyncio.run(main())
    assert "'memoryview' object" in str(caught.value)


async def pause(offsets):
    """The longest time between two turns of the loop in which this process computed: a busy machine does not count."""
    turns = []

    async def turn():
        while True:
            turns.append(time.process_time())
            await asyncio.sleep(0)

    turning = asyncio.ensure_future(turn())
    assert len(await offsets(bytes([10]) * 2_000_000)) == 2_000_000
    # The last of them may come before the other task has its turn.
    turns.append(time.process_time())
    turning.cancel()
    return max(later - earlier for earlier, later in zip(turns, turns[1:]))


@NEEDS_GIL
def test_a_large_list_stops_the_loop_for_longer_than_the_same_numbers_as_bytes():
    # What else this process does at that time counts too: the shortest of three.
    as_list = [asyncio.run(pause(_native.offsets_as_list)) for _ in range(3)]
    as_bytes = [asyncio.run(pause(lines.offsets)) for _ in range(3)]
    assert min(as_bytes) * 2 < min(as_list), f"pauses with a list {as_list}, with bytes {as_bytes}"


def test_both_forms_have_the_same_numbers():
    text = b"tea\nmilk\n\n"
    assert asyncio.run(lines.offsets(text)).tolist() == [3, 8, 9]
    assert asyncio.run(lines.offsets(b"")).tolist() == []

    async def as_list():
        return await _native.offsets_as_list(text)

    assert asyncio.run(as_list()) == [3, 8, 9]
