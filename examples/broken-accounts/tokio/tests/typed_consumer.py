"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from broken_accounts import _native


async def main() -> list[int]:
    passbook, wallet = _native.Passbook(100), _native.Wallet(100)
    passbook.balance = 1  # type: ignore[misc]
    text: str = await passbook.statement()
    await passbook.add_bonus()
    print(text)
    return [
        _native.grant(3),
        passbook.balance,
        await asyncio.create_task(passbook.deposit(1)),
        passbook.deposit_blocking(1),
        await wallet.withdraw(1),
    ]
