"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

DATABASE = """
import asyncio, cancelling, socket
database = socket.create_server(("127.0.0.1", 0), backlog=100)
port = database.getsockname()[1]
"""

AWAITED = DATABASE + """
async def main():
    query = asyncio.ensure_future(cancelling.query(port))
    await asyncio.sleep(0)
    connection, _ = database.accept()
    connection.sendall(b"42\\n")
    assert await query == "42"

asyncio.run(main())
"""

# The connections stay open to the end: a closed one would be an answer, for a loop that is closed.
CANCELLED = DATABASE + """
connections = []

async def main():
    for _ in range(50):
        asyncio.ensure_future(cancelling.query(port))
    await asyncio.sleep(0)
    connections.extend(database.accept()[0] for _ in range(50))

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, CANCELLED], ids=["awaited", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
