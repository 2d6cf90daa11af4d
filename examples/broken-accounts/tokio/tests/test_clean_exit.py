"""Python exits cleanly after these accounts have failed, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

BORROWED = """
import asyncio
from broken_accounts import Passbook, grant

async def main():
    passbook = Passbook(0)
    grant(50)
    await asyncio.gather(*[passbook.deposit(1) for _ in range(50)])
    await asyncio.gather(*[passbook.add_bonus() for _ in range(50)])
    assert passbook.balance == 100

asyncio.run(main())
"""

# These are never granted.
PENDING = """
import asyncio
from broken_accounts import Wallet

async def main():
    wallet = Wallet(100)
    for _ in range(50):
        asyncio.create_task(wallet.withdraw(1))
    await asyncio.sleep(0)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [BORROWED, PENDING], ids=["borrowed", "pending"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
