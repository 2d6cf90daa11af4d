"""Python exits cleanly with the runtime of these settings, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, kiosk
assert asyncio.run(kiosk.price("tea")) == 300
"""

# Not awaited: results come while the loop closes, when it is closed, and while Python ends.
PENDING = """
import asyncio, sys
from kiosk import _native

async def main():
    for _ in range(200):
        _native.price("tea")

sys.excepthook = lambda *error: None
asyncio.run(main())
"""

BLOCKED = """
from kiosk import _native
assert _native.price_on_the_one("tea") == 300
"""

# The callback needs the GIL to return while Python ends.
ALIVE = """
import threading
import kiosk

called, leave = threading.Event(), threading.Event()

def on_order(order):
    called.set()
    leave.wait()

feed = kiosk.Feed(on_order)
feed.place("tea")
called.wait()
leave.set()
"""

PROGRAMS = {"awaited": AWAITED, "pending": PENDING, "blocked": BLOCKED, "alive": ALIVE}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
