import asyncio

from outbox import Outbox


async def main():
    ready = asyncio.Event()
    received = asyncio.get_running_loop().create_future()

    async def mail_server(reader, writer):
        await ready.wait()
        writer.write(b"+")
        received.set_result(await reader.read())
        writer.write(b"+")
        writer.close()

    server = await asyncio.start_server(mail_server, "127.0.0.1", 0)
    outbox = Outbox(server.sockets[0].getsockname()[1])

    async def request():
        outbox.send("invoice 1")
        await asyncio.sleep(3600)

    try:
        await asyncio.wait_for(request(), 0.1)
    except asyncio.TimeoutError:
        print("the request was cancelled")
    ready.set()
    print("the server received", await received)


asyncio.run(main())
