"""What the guide says of background tasks that are stopped, a test for each sentence."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
from datetime import timedelta

import outbox as package
import pytest
from mail_servers import MailServer
from outbox import Outbox, _native

CLOSED = "the outbox was closed"


@pytest.fixture
def server():
    server = MailServer()
    yield server
    server.listener.close()


def test_a_message_is_delivered_in_the_background(server):
    async def main():
        outbox = Outbox(server.port)
        outbox.send("invoice 1")
        connection, message = server.received()
        assert message == b"invoice 1"
        connection.confirm()
        assert await outbox.close(60) == 0
        assert outbox.take_undelivered() == []

    asyncio.run(main())


def test_a_message_can_be_sent_without_an_event_loop(server):
    outbox = Outbox(server.port)
    outbox.send("invoice 1")
    connection, message = server.received()
    assert message == b"invoice 1"
    connection.confirm()
    assert asyncio.run(outbox.close(60)) == 0


def test_a_delivery_keeps_running_after_the_request_that_sent_it_was_cancelled(server):
    async def main():
        outbox = Outbox(server.port)
        sent = asyncio.Event()

        async def request():
            outbox.send("invoice 1")
            sent.set()
            await asyncio.sleep(3600)

        task = asyncio.ensure_future(request())
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert server.received()[1] == b"invoice 1"

    asyncio.run(main())


def test_an_outbox_that_nobody_refers_to_keeps_delivering(server):
    outbox = Outbox(server.port)
    outbox.send("invoice 1")
    del outbox
    assert server.received()[1] == b"invoice 1"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_after_close_no_delivery_runs(server):
    def open_files():
        return len(os.listdir("/proc/self/fd"))

    async def main():
        assert await Outbox(server.port).close(60) == 0  # The runtime has its own files from here on.
        files = open_files()
        outbox = Outbox(server.port)
        for number in range(20):
            outbox.send(f"invoice {number}")
        connections = [server.connected() for _ in range(20)]
        assert open_files() == files + 40  # Both ends of each connection.
        assert await outbox.close(60) == 0
        assert open_files() == files + 20
        assert [connection.message() for connection in connections] == [b""] * 20
        assert sorted(outbox.take_undelivered()) == sorted((f"invoice {number}", CLOSED) for number in range(20))

    asyncio.run(main())


def test_leaving_the_block_stops_the_deliveries(server):
    async def main():
        async with Outbox(server.port) as outbox:
            outbox.send("invoice 1")
            connection = server.connected()
        assert connection.message() == b""
        assert outbox.take_undelivered() == [("invoice 1", CLOSED)]

    asyncio.run(main())


def test_an_error_in_the_block_stops_the_deliveries_and_goes_on(server):
    async def main():
        with pytest.raises(KeyError, match="^'no such'$"):
            async with Outbox(server.port) as outbox:
                outbox.send("invoice 1")
                raise KeyError("no such")
        assert outbox.take_undelivered() == [("invoice 1", CLOSED)]

    asyncio.run(main())


def test_a_cancel_in_the_block_stops_the_deliveries_and_goes_on(server):
    async def main():
        sent = asyncio.Event()
        outbox = Outbox(server.port)

        async def serve():
            async with outbox:
                outbox.send("invoice 1")
                sent.set()
                await asyncio.sleep(3600)

        task = asyncio.ensure_future(serve())
        await sent.wait()
        connection = server.connected()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert outbox.take_undelivered() == [("invoice 1", CLOSED)]
        assert connection.message() == b""

    asyncio.run(main())


def test_close_waits_for_the_receipt_of_a_message_that_is_sent(server):
    async def main():
        outbox = Outbox(server.port)
        outbox.send("invoice 1")
        connection, _ = server.received()
        closing = asyncio.ensure_future(outbox.close(60))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not closing.done()
        connection.confirm()
        assert await closing == 0
        assert outbox.take_undelivered() == []

    asyncio.run(main())


def test_a_delivery_that_outlasts_the_time_limit_is_counted_and_keeps_running(server):
    async def main():
        outbox = Outbox(server.port)
        outbox.send("invoice 1")
        outbox.send("invoice 2")
        (connection, _), waiting = server.received(), server.connected()
        assert await outbox.close(0.05) == 1
        assert waiting.message() == b""
        connection.confirm()
        assert await outbox.close(60) == 0
        assert [reason for _, reason in outbox.take_undelivered()] == [CLOSED]

    asyncio.run(main())


def test_leaving_the_block_logs_how_many_deliveries_still_run(server, monkeypatch, caplog):
    async def main():
        async with Outbox(server.port) as outbox:
            outbox.send("invoice 1")
            connection, _ = server.received()
        connection.confirm()
        assert await outbox.close(60) == 0

    monkeypatch.setattr(package, "CLOSE_TIMEOUT", 0.05)
    asyncio.run(main())
    logged = ("outbox", logging.WARNING, "1 deliveries still run after 0.05 seconds")
    assert caplog.record_tuples == [logged]


def test_an_outbox_can_be_closed_twice(server):
    async def main():
        outbox = Outbox(server.port)
        assert await outbox.close() == 0
        assert await outbox.close() == 0
        assert await asyncio.gather(outbox.close(), outbox.close()) == [0, 0]

    asyncio.run(main())


def test_a_closed_outbox_refuses_a_message(server):
    async def main():
        outbox = Outbox(server.port)
        await outbox.close()
        with pytest.raises(RuntimeError) as caught:
            outbox.send("too late")
        assert str(caught.value) == "the outbox is closed"
        assert outbox.take_undelivered() == []

    asyncio.run(main())


def test_close_waits_for_each_message_that_another_thread_could_still_send(server):
    accepted = []

    def send(outbox, started):
        try:
            for number in range(1_000_000):
                outbox.send(message := f"{threading.get_ident()} {number}")
                accepted.append(message)
                started.set()
        except RuntimeError as error:
            assert str(error) == "the outbox is closed"

    async def main():
        outbox = Outbox(server.port)
        started = threading.Event()
        threads = [threading.Thread(target=send, args=(outbox, started)) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert started.wait(60)
        assert await outbox.close(60) == 0
        undelivered = outbox.take_undelivered()
        for thread in threads:
            thread.join()
        assert sorted(message for message, _ in undelivered) == sorted(accepted)

    server.listener.close()
    asyncio.run(main())


def test_a_close_that_is_cancelled_has_stopped_the_deliveries_and_can_be_awaited_again(server):
    async def main():
        outbox = Outbox(server.port)
        outbox.send("invoice 1")
        connection, _ = server.received()
        outbox.send("invoice 2")
        waiting = server.connected()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(outbox.close(60), 0.05)
        assert waiting.message() == b""
        connection.confirm()
        assert await outbox.close(60) == 0
        assert outbox.take_undelivered() == [("invoice 2", CLOSED)]

    asyncio.run(main())


def test_the_error_of_a_delivery_is_kept_until_it_is_taken(server):
    async def main():
        outbox = Outbox(server.port)
        outbox.send("invoice 1")
        connection, _ = server.received()
        connection.accepted.close()
        assert await outbox.close(60) == 0
        assert outbox.take_undelivered() == [("invoice 1", "unexpected end of file")]
        assert outbox.take_undelivered() == []

    asyncio.run(main())


def test_a_negative_time_limit_raises_value_error_and_closes_nothing(server):
    async def main():
        outbox = Outbox(server.port)
        with pytest.raises(ValueError) as caught:
            await outbox.close(-1)
        assert "negative" in str(caught.value)
        outbox.send("invoice 1")
        assert server.received()[1] == b"invoice 1"

    asyncio.run(main())


AT_EXIT = """
import asyncio, atexit, sys
from outbox import Outbox

def close():
    print(asyncio.run(outbox.close()), outbox.take_undelivered())

async def main():
    outbox.send("invoice 1")

outbox = Outbox(int(sys.argv[1]))
atexit.register(close)
asyncio.run(main())
"""


def test_an_atexit_function_can_close_the_outbox(server):
    program = [sys.executable, "-c", AT_EXIT, str(server.port)]
    run = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"0 [('invoice 1', '{CLOSED}')]\n"


LEFT = """
import sys
from outbox import Outbox
Outbox(int(sys.argv[1])).send("invoice 1")
input()
"""


def test_the_end_of_python_does_not_wait_for_a_delivery(server):
    program = [sys.executable, "-c", LEFT, str(server.port)]
    run = subprocess.Popen(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    connection = server.connected()
    assert run.communicate("\n", timeout=60)[1] == ""
    assert run.returncode == 0
    assert connection.message() == b""


def test_the_raw_close_is_an_asyncio_future(server):
    async def main():
        closing = _native.Outbox(server.port).close(timedelta(seconds=60))
        assert isinstance(closing, asyncio.Future)
        assert await closing == 0

    asyncio.run(main())
