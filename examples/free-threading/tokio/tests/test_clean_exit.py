"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

AWAITED = """
import asyncio, box_office

async def main():
    assert await box_office.Show(1).sell_online()

asyncio.run(main())
"""

# Each thread has an event loop of its own, and ends it while results are on their way.
THREADS = """
import asyncio, box_office, sys, threading
show = box_office.Show(1000)
done = []

async def main():
    for _ in range(50):
        show.sell_online()
    done.append(True)

sys.excepthook = lambda *error: None  # Results come when the loop is closed.
threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(done) == 4
"""


@pytest.mark.parametrize("program", [AWAITED, THREADS], ids=["awaited", "threads"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
