"""Python exits cleanly after an await of Rust, or with one pending, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, courier

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\n\\r\\nhello")
    writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with courier.Session(f"http://127.0.0.1:{port}") as session:
        assert await (await session.get("/")).read() == b"hello"

asyncio.run(main())
"""

# Not awaited: their results come while the loop closes, or Python ends.
PENDING = """
import asyncio, courier, sys

async def main():
    for _ in range(50):
        courier._native.Session("http://127.0.0.1", 10, 10).close()

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

# The system accepts the connections, but no server answers: the end of the loop cancels the requests.
CANCELLED = """
import asyncio, courier, socket

async def main(port):
    session = courier.Session(f"http://127.0.0.1:{port}")
    for _ in range(50):
        asyncio.ensure_future(session.get("/"))
    await asyncio.sleep(0.01)

with socket.socket() as silent:
    silent.bind(("127.0.0.1", 0))
    silent.listen(50)
    asyncio.run(main(silent.getsockname()[1]))
"""


@pytest.mark.parametrize("program", [AWAITED, PENDING, CANCELLED], ids=["awaited", "pending", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
