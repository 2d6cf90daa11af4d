"""A web server for the tests, on a free port of this machine."""

import asyncio
import json
import ssl
from pathlib import Path

MEGABYTES = 64
CA = Path(__file__).with_name("tls-test-ca.pem")


class Service:
    def __init__(self, *, https=False):
        self.tls = None
        if https:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(CA.with_name("tls-test-server.pem"))
        self.connections = 0
        # A note for each event that a test waits for.
        self.asked = asyncio.Event()
        self.ended = asyncio.Event()
        self.sent_all = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *error):
        self.server.close()

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while await self.answer(reader, writer):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.ended.set()
        finally:
            writer.close()

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        headers["authorization"] = [line[15:] for line in lines if line.lower().startswith("authorization: ")]
        self.asked.set()
        route = path.strip("/").split("/")[0].split("?")[0]
        return await getattr(self, f"route_{route}")(reader, writer, method, path, headers, body)

    def write(self, writer, body, status="200 OK", more=""):
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode("latin-1") + body)
        return True

    async def route_echo(self, reader, writer, method, path, headers, body):
        answer = {"method": method, "path": path, "headers": headers, "body": body.decode()}
        answer["authorizations"] = headers.pop("authorization")
        more = "Content-Type: application/json\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nx-name: J\xf6rg\r\n"
        return self.write(writer, json.dumps(answer).encode(), more=more)

    async def route_missing(self, reader, writer, *request):
        return self.write(writer, b"no such page", "404 Not Found")

    async def route_moved(self, reader, writer, *request):
        return self.write(writer, b"", "302 Found", "location: /echo\r\n")

    async def route_round(self, reader, writer, *request):
        return self.write(writer, b"", "302 Found", "location: /round\r\n")

    async def route_away(self, reader, writer, *request):
        return self.write(writer, b"", "302 Found", "location: http://127.0.0.2:1/\r\n")

    async def route_plain(self, reader, writer, *request):
        return self.write(writer, b"", "302 Found", f"location: http://127.0.0.1:{self.port}/echo\r\n")

    async def route_silent(self, reader, writer, *request):
        """No answer, until the client goes away."""
        assert await reader.read() == b""
        self.ended.set()

    async def route_slow(self, reader, writer, *request):
        """The first part of a body, and the rest when the test says so, or the client goes away."""
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst")
        gone = asyncio.ensure_future(reader.read(1))
        rest = asyncio.ensure_future(self.go_on.wait())
        await asyncio.wait([gone, rest], return_when=asyncio.FIRST_COMPLETED)
        rest.cancel()
        if not gone.done():
            writer.write(b" rest")
            await gone
        self.ended.set()

    async def route_broken(self, reader, writer, *request):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst")

    async def route_nonsense(self, reader, writer, *request):
        writer.write(b"this is not HTTP\r\n\r\n")

    async def route_large(self, reader, writer, *request):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (MEGABYTES << 20))
        for _ in range(MEGABYTES):
            writer.write(bytes(1 << 20))
            await writer.drain()
        self.sent_all.set()
        return True
