"""A mail server of the tests: it is ready, and confirms, when a test says so."""

import socket


class Connection:
    def __init__(self, accepted):
        accepted.settimeout(60)
        self.accepted = accepted

    def ready(self):
        self.accepted.sendall(b"+")

    def message(self):
        """Blocks until the outbox has sent its message; b"" if it closes the connection."""
        received = b""
        while part := self.accepted.recv(4096):
            received += part
        return received

    def confirm(self):
        self.accepted.sendall(b"+")


class MailServer:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.port = self.listener.getsockname()[1]

    def connected(self):
        """Blocks until a delivery has connected."""
        return Connection(self.listener.accept()[0])

    def received(self):
        """A connection whose message has arrived, and is not confirmed."""
        connection = self.connected()
        connection.ready()
        return connection, connection.message()
