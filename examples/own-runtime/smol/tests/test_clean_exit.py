"""Python exits cleanly after an await of Rust on smol, or with one pending, however busy the machine."""

import importlib.util

import pytest
from clean_exits import assert_clean_exits

SERVER = """
import asyncio, banners, sys

async def answer(reader, writer):
    writer.write(b"ready\\n")
    writer.close()

async def serve(talk):
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server.sockets[0].getsockname()
"""

AWAITED = """
async def main():
    assert await banners.read_banner(*await serve(answer)) == "ready"

run(main())
"""

# No result comes: the end of the loop cancels the reads.
PENDING = """
import socket
silent = socket.create_server(("127.0.0.1", 0), backlog=50)
silent.setblocking(False)
clients = []

async def main():
    for _ in range(50):
        asyncio.ensure_future(banners.read_banner(*silent.getsockname()))
    for _ in range(50):
        clients.append(await asyncio.get_running_loop().sock_accept(silent))

run(main())
"""

# Not awaited: results come while the loop closes, when it is closed, and while Python ends.
RACING = """
import socket

async def main():
    # Some exceptions are never retrieved.
    asyncio.get_running_loop().set_exception_handler(lambda *error: None)
    # The system refuses each connection at once.
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        for _ in range(200):
            banners._native.read_banner(*reserved.getsockname())

sys.excepthook = lambda *error: None
run(main())
"""

FORKED = """
import os
child = os.fork()

async def main():
    assert await banners.read_banner(*await serve(answer)) == "ready"

run(main())
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")

PROGRAMS = {"awaited": AWAITED, "pending": PENDING, "racing": RACING, "forked": FORKED}
LOOPS = ["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program, loop):
    assert_clean_exits(f"from {loop} import run\n{SERVER}{program}")
