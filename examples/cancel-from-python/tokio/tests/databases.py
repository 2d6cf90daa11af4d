"""A database of the tests: what a query sends, and when it closes its connection."""

import socket


class Connection:
    def __init__(self, accepted):
        accepted.settimeout(60)
        self.accepted = accepted
        self.lines = accepted.makefile("rb")

    def line(self):
        """Blocks until the query sends its next line; b"" if it closes the connection."""
        return self.lines.readline()

    def answer(self):
        self.accepted.sendall(b"42\n")


class Database:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.port = self.listener.getsockname()[1]

    def asked(self):
        """Blocks until a query has connected and sent its question."""
        connection = Connection(self.listener.accept()[0])
        assert connection.line() == b"question\n"
        return connection
