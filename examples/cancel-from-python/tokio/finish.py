import asyncio

from cancelling import _native


async def main():
    async def database(reader, writer):
        await reader.readline()
        await asyncio.sleep(0.5)
        writer.write(b"42\n")

    server = await asyncio.start_server(database, "127.0.0.1", 0)
    saved = _native.query(server.sockets[0].getsockname()[1])
    try:
        await asyncio.wait_for(asyncio.shield(saved), 0.1)
    except asyncio.TimeoutError:
        print("Python gave up")
    print("but Rust finished:", await saved)


asyncio.run(main())
