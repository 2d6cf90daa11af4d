"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, lines
asyncio.run(lines.count(bytes(1000)))
"""

GATHERED = """
import asyncio, lines

async def main():
    counts = await asyncio.gather(*[lines.count(b"a\\nb\\n") for _ in range(50)])
    assert counts == 50 * [2]

asyncio.run(main())
"""

# The blocking calls end while the loop closes, or Python ends.
CANCELLED = """
import asyncio, lines, socket

async def main(server):
    address = "127.0.0.1:%d" % server.getsockname()[1]
    calls = [asyncio.ensure_future(lines.count_sent(address)) for _ in range(20)]
    await asyncio.sleep(0)
    connections = [server.accept()[0] for _ in range(16)]
    return connections

with socket.create_server(("127.0.0.1", 0)) as server:
    asyncio.run(main(server))
"""


@pytest.mark.parametrize("program", [AWAITED, GATHERED, CANCELLED], ids=["awaited", "gathered", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
