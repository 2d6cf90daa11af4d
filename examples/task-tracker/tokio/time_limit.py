import asyncio

from outbox import Outbox


async def main():
    confirm = asyncio.Event()
    received = asyncio.get_running_loop().create_future()

    async def slow_server(reader, writer):
        writer.write(b"+")
        received.set_result(await reader.read())
        await confirm.wait()
        writer.write(b"+")
        writer.close()

    server = await asyncio.start_server(slow_server, "127.0.0.1", 0)
    outbox = Outbox(server.sockets[0].getsockname()[1])
    outbox.send("invoice 1")
    print("the server received", await received)
    print("still running:", await outbox.close(timeout=0.2))
    confirm.set()
    print("still running:", await outbox.close())
    print("not delivered:", outbox.take_undelivered())
    try:
        outbox.send("invoice 2")
    except RuntimeError as error:
        print(error)


asyncio.run(main())
