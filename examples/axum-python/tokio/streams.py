"""The route of app.py in pure Python, with the streams of asyncio, on the given loop."""

import asyncio
import importlib
import signal
import sys


async def hello(params):
    return f"hello, {params['name']}"


async def serve(reader, writer):
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        if method == "GET" and path.startswith("/hello/"):
            status, body = "200 OK", await hello({"name": path[len("/hello/") :]})
        else:
            status, body = "404 Not Found", ""
        body = body.encode()
        answer = (
            f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        writer.write(answer.encode() + body)
        await writer.drain()


async def connected(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"serving on http://{host}:{port}", flush=True)
    await server.serve_forever()


signal.signal(signal.SIGINT, signal.SIG_DFL)
importlib.import_module(sys.argv[1]).new_event_loop().run_until_complete(main())
