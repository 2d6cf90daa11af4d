"""Python exits cleanly after an outbox is closed, and with deliveries that are not stopped."""

import pytest
from clean_exits import assert_clean_exits

CLOSED = """
import asyncio, socket
from outbox import Outbox

async def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with Outbox(listener.getsockname()[1]) as outbox:
            for number in range(50):
                outbox.send(f"invoice {number}")
        assert len(outbox.take_undelivered()) == 50

asyncio.run(main())
"""

# This one is not closed: its deliveries connect, fail or wait while Python exits.
LEFT = """
import socket
from outbox import Outbox

listener = socket.create_server(("127.0.0.1", 0))
outbox = Outbox(listener.getsockname()[1])
for number in range(50):
    outbox.send(f"invoice {number}")
"""


@pytest.mark.parametrize("program", [CLOSED, LEFT], ids=["closed", "left"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
