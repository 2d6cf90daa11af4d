"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from accounts import _native


async def main() -> list[int]:
    passbook, account = _native.Passbook(100), _native.Account(100)
    _native.grant(7)
    asyncio.create_task(account.deposit(1))  # type: ignore[arg-type]
    account.balance = 1  # type: ignore[misc]
    all_wait: bool = await _native.waiting(0)
    text: str = await passbook.statement()
    await passbook.add_bonus()
    print(all_wait, text)
    return [
        passbook.balance + account.balance,
        await asyncio.create_task(passbook.deposit(1)),
        passbook.deposit_blocking(1),
        await account.deposit(1),
        await asyncio.create_task(account.deposit_polled(1)),
        await account.withdraw(1),
        await account.withdraw_in_turn(1),
    ]
