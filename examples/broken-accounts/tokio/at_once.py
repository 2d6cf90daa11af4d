import asyncio

from broken_accounts import Passbook, waiting


async def main():
    passbook = Passbook(100)
    first = asyncio.create_task(passbook.deposit(30))
    await waiting(1)
    try:
        print(passbook.balance)
    except RuntimeError as error:
        print("reading it:", error, flush=True)
    await passbook.deposit(50)


asyncio.run(main())
