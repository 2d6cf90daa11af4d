import asyncio

from accounts import Account, grant


async def main():
    account = Account(100)
    first = account.withdraw(80)
    second = account.withdraw(80)
    grant(1)
    for result in await asyncio.gather(first, second, return_exceptions=True):
        if isinstance(result, ValueError):
            print("refused:", result)
    print("one after the other:", account.balance)


asyncio.run(main())
