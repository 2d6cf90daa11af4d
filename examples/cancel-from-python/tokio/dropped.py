import asyncio

from cancelling import query


async def main():
    rest = asyncio.get_running_loop().create_future()

    async def database(reader, writer):
        await reader.readline()
        task.cancel()
        rest.set_result(await reader.read())

    server = await asyncio.start_server(database, "127.0.0.1", 0)
    task = asyncio.create_task(query(server.sockets[0].getsockname()[1]))
    try:
        await task
    except asyncio.CancelledError:
        print("Python continues")
    print("the database then read", await rest)


asyncio.run(main())
