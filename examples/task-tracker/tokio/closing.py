import asyncio

from outbox import Outbox


async def main():
    connected = asyncio.Event()
    received = asyncio.get_running_loop().create_future()

    async def busy_server(reader, writer):
        connected.set()
        received.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(busy_server, "127.0.0.1", 0)
    async with Outbox(server.sockets[0].getsockname()[1]) as outbox:
        outbox.send("invoice 1")
        await connected.wait()
    print("the server received", await received)
    print("not delivered:", outbox.take_undelivered())


asyncio.run(main())
