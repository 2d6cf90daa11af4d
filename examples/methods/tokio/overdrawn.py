import asyncio

from accounts import Account, grant, waiting


async def main():
    account = Account(100)
    withdrawals = asyncio.gather(account.withdraw(80), account.withdraw(80))
    await waiting(2)
    grant(2)
    await withdrawals
    print("both checked, then both withdrew:", account.balance)


asyncio.run(main())
