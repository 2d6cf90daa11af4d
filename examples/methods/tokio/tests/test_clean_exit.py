"""Python exits cleanly after an await of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

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
    await asyncio.gather(*[account.withdraw(1) for _ in range(50)])
    assert account.balance == 0

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [TOGETHER, IN_TURN], ids=["together", "in_turn"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
