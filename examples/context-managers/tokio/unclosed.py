import asyncio
import warnings

from ledger import Transaction
from ledger.testing import Server


async def main():
    async with Server() as server:
        transaction = Transaction(server.port)
        await transaction.__aenter__()
        del transaction
        print(*await server.until("closed"), sep=", ", flush=True)


warnings.simplefilter("default")
asyncio.run(main())
