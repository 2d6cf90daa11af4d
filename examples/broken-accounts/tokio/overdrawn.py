import asyncio

from broken_accounts import Wallet, grant, waiting


async def main():
    wallet = Wallet(100)
    withdrawals = asyncio.gather(wallet.withdraw(80), wallet.withdraw(80))
    await waiting(2)
    grant(2)
    print("both checked, then both withdrew:", min(await withdrawals))


asyncio.run(main())
