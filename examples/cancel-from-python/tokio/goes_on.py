import asyncio

from cancelling import _native


async def main():
    rest = asyncio.get_running_loop().create_future()

    async def database(reader, writer):
        await reader.readline()
        await asyncio.sleep(0.5)
        writer.write(b"42\n")
        rest.set_result(await reader.read())

    server = await asyncio.start_server(database, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await asyncio.wait_for(_native.query_in_task(port), 0.1)
    except asyncio.TimeoutError:
        print("Python gave up")
    print("the database then read", await rest)


asyncio.run(main())
