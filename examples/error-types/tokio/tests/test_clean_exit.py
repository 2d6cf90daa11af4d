"""Python exits cleanly after errors of Rust, however busy the machine."""

import pytest
from clean_exits import assert_clean_exits

DECLINED = """
import asyncio, payments

async def bank(card, cents):
    return "over_limit", None

async def main():
    charges = [payments.charge(bank, "4711", 300) for _ in range(50)]
    errors = await asyncio.gather(*charges, return_exceptions=True)
    assert {type(error) for error in errors} == {payments.Declined}

asyncio.run(main())
"""

CANCELLED = """
import asyncio, payments

async def main():
    asked = asyncio.Event()

    async def bank(card, cents):
        asked.set()
        await asyncio.Event().wait()

    charge = asyncio.ensure_future(payments.charge(bank, "4711", 300))
    await asked.wait()
    charge.cancel()

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [DECLINED, CANCELLED], ids=["declined", "cancelled"])
def test_every_exit_is_clean(program):
    assert_clean_exits(program)
