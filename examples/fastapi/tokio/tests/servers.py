"""Starts a server on a socket of the test's own, and speaks HTTP with it, one connection for each request."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
# Where the machine is busy, a test is late, and not wrong.
PATIENCE = 120

UVICORN = ["-m", "uvicorn", "--fd", "{fd}", "--log-level", "info"]
# The supervisors kill a worker that is silent for longer than their timeouts.
WORKERS = [*UVICORN, "--timeout-worker-healthcheck", str(PATIENCE), "--workers", "2"]
GUNICORN = ["-m", "gunicorn", "--bind", "fd://{fd}", "-k", "uvicorn_worker.UvicornWorker"]
GUNICORN += ["--timeout", str(PATIENCE), "--graceful-timeout", str(PATIENCE)]


class Server:
    """A server in its folder, whose output and errors are read together while it runs."""

    def __init__(self, folder, *arguments, listener=None):
        self.folder = folder
        self.listener = listener or listen()
        descriptor = self.listener.fileno()
        more = [str(HERE), os.environ.get("PYTHONPATH")]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, more)),
            # gunicorn makes a folder there.
            "HOME": str(folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", *(word.format(fd=descriptor) for word in arguments)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=[descriptor],
            # Its workers end with it, whatever becomes of the test.
            start_new_session=True,
        )
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def logged(self, text, times=1):
        """Waits until so many lines of its output have the text."""

        def has_it():
            return sum(text in line for line in self.lines if line) >= times

        with self.changed:
            self.changed.wait_for(lambda: has_it() or None in self.lines, PATIENCE)
            assert has_it(), f"no {text!r} in {self.lines}"

    def begin(self, method, path, length=0):
        """A connection with a request on its way, without its body."""
        connection = socket.create_connection(self.listener.getsockname(), timeout=PATIENCE)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
        return connection

    def ask(self, method, path):
        """The status and the JSON of a whole request."""
        return answer(self.begin(method, path))

    def get(self, path):
        status, value = self.ask("GET", path)
        assert status == 200, (status, value)
        return value

    def book(self, item):
        assert self.ask("POST", f"/parcels/{item}") == (200, {"booked": item})

    def until(self, path, value):
        """Asks until the answer is the value."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.get(path)) != value:
            assert time.monotonic() < deadline, f"{path} is {found}, not {value}"
            time.sleep(0.01)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def end(self):
        """How it ended: exit code, what it printed, and what is in the file."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs: {self.lines}") from None
        self.reader.join(PATIENCE)
        return code, self.lines[:-1], self.booked()

    def stop(self):
        self.signal()
        return self.end()

    def booked(self):
        path = self.folder / "parcels.txt"
        return path.read_text().split() if path.exists() else None

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.listener.close()


def listen():
    """A socket whose connections wait in a queue until a server accepts them."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.set_inheritable(True)
    return listener


def answer(connection):
    """The status and the JSON of the answer, when it has come."""
    with connection, http.client.HTTPResponse(connection) as response:
        response.begin()
        body = response.read()
    return response.status, json.loads(body) if body else None


def leave(connection):
    """Closes a connection as a client does that is gone."""
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()
