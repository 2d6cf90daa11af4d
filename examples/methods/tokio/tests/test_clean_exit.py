"""Python exits cleanly after an await of Rust, however busy the machine.

`CLEAN_EXITS` is the number of exits to try (12 unless set), six at a time.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

EXITS = int(os.environ.get("CLEAN_EXITS", "12"))
AT_A_TIME = 6

TOGETHER = """
import asyncio
from accounts import Account, grant

async def main():
    account = Account(0)
    grant(100)
    deposits = [account.deposit(1) for _ in range(50)]
    deposits += [account.deposit_polled(1) for _ in range(50)]
    await asyncio.gather(*deposits)
    assert account.balance == 100

asyncio.run(main())
"""

IN_TURN = """
import asyncio
from accounts import Account, grant

async def main():
    account = Account(50)
    grant(50)
    await asyncio.gather(*[account.withdraw_in_turn(1) for _ in range(50)])
    assert account.balance == 0

asyncio.run(main())
"""


def exit_of(program):
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    return run.returncode, run.stderr.decode()


@pytest.mark.parametrize("program", [TOGETHER, IN_TURN], ids=["together", "in_turn"])
def test_every_exit_is_clean(program):
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        exits = list(pool.map(exit_of, [program] * EXITS))
    assert [end for end in exits if end != (0, "")] == []
    assert len(exits) == EXITS
