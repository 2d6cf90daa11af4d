import asyncio
import sys

from cancelling import query

if sys.version_info < (3, 11):
    sys.exit("asyncio.timeout and asyncio.TaskGroup are new in Python 3.11")


async def main():
    asked = asyncio.Event()
    rests = asyncio.Queue()

    async def database(reader, writer):
        await reader.readline()
        asked.set()
        await rests.put(await reader.read())
        writer.close()

    async def check_stock():
        await asked.wait()
        raise LookupError("no such item")

    server = await asyncio.start_server(database, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    try:
        async with asyncio.timeout(1):
            await query(port)
    except TimeoutError:
        print("timeout: the database read", await rests.get())

    asked.clear()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(query(port))
            group.create_task(check_stock())
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        print("task group: the database read", await rests.get())


asyncio.run(main())
