"""Python exits cleanly after a block of a Rust object, or inside one, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

# A server that answers each line, on the loop that awaits Rust.
SERVER = """
import asyncio, sys
from ledger import Transaction

async def serve(reader, writer):
    while await reader.readline():
        writer.write(b"ok\\n")
    writer.close()
    closed.set()

async def main():
    global closed
    closed = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    await block(server.sockets[0].getsockname()[1])
    server.close()

sys.excepthook = lambda *error: None
"""

AWAITED = """
async def block(port):
    async with Transaction(port) as transaction:
        await transaction.execute("tea +7")
    await closed.wait()

asyncio.run(main())
"""

# Not awaited: their results come while the loop closes, or Python ends.
PENDING = """
async def block(port):
    for _ in range(50):
        Transaction(port).end("ROLLBACK")

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, PENDING], ids=["awaited", "pending"])
def test_every_exit_is_clean(program):
    assert_clean_exits(SERVER + program)
