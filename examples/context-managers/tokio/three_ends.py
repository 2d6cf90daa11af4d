import asyncio

from ledger import Transaction, Undo
from ledger.testing import Server


async def buy(port, error):
    async with Transaction(port) as transaction:
        await transaction.execute("tea +7")
        if error:
            raise error
    return "continues"


async def main():
    async with Server() as server:
        for error in None, Undo(), KeyError("milk"):
            try:
                end = await buy(server.port, error)
            except KeyError as raised:
                end = f"gets {raised!r}"
            print(*await server.until("closed"), sep=", ")
            print("    Python", end)


asyncio.run(main())
