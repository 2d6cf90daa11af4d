import asyncio

from accounts import Account, grant, waiting


async def main():
    account = Account(100)
    deposits = asyncio.gather(account.deposit(30), account.deposit_polled(50))
    await waiting(2)
    print("while both wait:", account.balance)
    grant(2)
    await deposits
    print("afterwards:", account.balance)


asyncio.run(main())
