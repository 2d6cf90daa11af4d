import asyncio
import socket

import courier


async def answer(reader, writer):
    if b"/silent" in await reader.readuntil(b"\r\n\r\n"):
        await reader.read()
    else:
        writer.write(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\nno such page")
    writer.close()


async def tell(doing):
    try:
        await doing
    except courier.HttpError as error:
        print(f"{type(error).__name__}: {error}")
        if error.__cause__:
            print(f"  caused by {type(error.__cause__).__name__}")


async def checked(session, path):
    (await session.get(path)).raise_for_status()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with courier.Session(f"http://127.0.0.1:{nobody.getsockname()[1]}") as session:
            await tell(session.get("/"))
    async with courier.Session(f"http://127.0.0.1:{port}") as session:
        await tell(session.get("/silent", timeout=0.1))
        await tell(checked(session, "/missing"))
        response = await session.get("/missing")
    await tell(response.read())
    await tell(session.get("/"))


asyncio.run(main())
