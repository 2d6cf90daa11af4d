"""Python exits cleanly after an await of a mailbox, or in the midst of many, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio
from postbox import open_mailbox

async def main():
    mailbox = await open_mailbox(".")
    await asyncio.gather(*[mailbox.size() for _ in range(50)])

asyncio.run(main())
"""

# Not awaited: their results come while the loop closes, or Python ends.
PENDING = """
import asyncio, sys
from postbox import Mailbox, open_mailbox

async def main():
    mailbox = await open_mailbox(".")
    for _ in range(50):
        mailbox.size()
        Mailbox.open(".")

sys.excepthook = lambda *error: None
asyncio.run(main())
"""


@pytest.mark.parametrize("program", [AWAITED, PENDING], ids=["awaited", "pending"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
