import asyncio

import courier

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n"


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b'{"price": 7}')


async def count(turns):
    while True:
        turns.append("one more")
        await asyncio.sleep(0)


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    turns = []
    counting = asyncio.ensure_future(count(turns))
    async with courier.Session(f"http://127.0.0.1:{port}") as session:
        response = await session.get("/price")
        print(response.status, response.headers["Content-Type"], await response.json())
    print(f"did the loop run meanwhile? {len(turns) > 0}")
    counting.cancel()


asyncio.run(main())
