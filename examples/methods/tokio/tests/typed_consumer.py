"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from accounts import _native


async def main() -> list[int]:
    account = _native.Account(100)
    waiting: int = _native.grant(3)
    asyncio.create_task(account.deposit(1))  # type: ignore[arg-type]
    account.balance = 1  # type: ignore[misc]
    return [
        waiting,
        account.balance,
        await account.deposit(1),
        await asyncio.create_task(account.deposit_polled(1)),
        await account.withdraw(1),
    ]
