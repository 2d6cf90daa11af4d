import asyncio
from http.client import HTTPConnection


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")


async def count(turns):
    while True:
        turns.append("one more")
        await asyncio.sleep(0)


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    turns = []
    counting = asyncio.ensure_future(count(turns))
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/")
        print(connection.getresponse().read())
    except OSError as error:
        print(f"no answer: {error}")
    print(f"iterations of the loop meanwhile: {len(turns)}")
    counting.cancel()


asyncio.run(main())
