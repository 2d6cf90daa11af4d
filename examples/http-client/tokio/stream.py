import asyncio

import courier

MEGABYTE = 1 << 20


async def main():
    gone = asyncio.Event()

    async def send_without_end(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(bytes(MEGABYTE))
                await writer.drain()
        except ConnectionError:
            gone.set()

    server = await asyncio.start_server(send_without_end, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with courier.Session(f"http://127.0.0.1:{port}") as session:
        size = 0
        async with await session.get("/") as response:
            async for chunk in response:
                size += len(chunk)
                if size >= 10 * MEGABYTE:
                    break
        print("ten megabytes are read, and the rest is dropped")
        await gone.wait()
        print("the server sees that the client has disconnected")


asyncio.run(main())
