import asyncio

from asker import ask, call_rust_sleep


async def serve(reader, writer):
    question = (await reader.readline()).decode().strip()
    writer.write(f"you asked: {question}\n".encode())
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await call_rust_sleep(0.5))
    print(await ask(port, "are you there?"))
    server.close()
    try:
        await ask(port, "and now?")
    except OSError as error:
        print(type(error).__name__)


asyncio.run(main())
