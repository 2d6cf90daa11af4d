"""Waits for a mail server to start, and then reads its banner."""

import asyncio
import contextvars
import socket

from banners import read_banner_once_up

service = contextvars.ContextVar("service")


async def greet(reader, writer):
    writer.write(b"220 mail.example ready\r\n")
    await writer.drain()
    writer.close()


async def main():
    # The port is reserved, but nothing listens there yet.
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))

    async def start_server(error):
        print(f"{service.get()}: {error}")
        await asyncio.start_server(greet, sock=reserved)

    service.set("mail")
    print(await read_banner_once_up(*reserved.getsockname(), start_server))


asyncio.run(main())
