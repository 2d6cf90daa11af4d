import asyncio

from ledger import Transaction
from ledger.testing import Server


async def buy(transaction, bought, paid):
    async with transaction:
        await transaction.execute("tea +7")
        bought.set()
        await paid.wait()


async def main():
    async with Server() as server:
        print("cancelled in the block")
        bought, paid = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(buy(Transaction(server.port), bought, paid))
        await bought.wait()
        task.cancel()
        print(*await server.until("closed"), sep=", ")

        print("cancelled while the block ends")
        bought, paid = asyncio.Event(), asyncio.Event()
        transaction = Transaction(server.port)
        task = asyncio.create_task(buy(transaction, bought, paid))
        await bought.wait()
        server.may_answer.clear()
        paid.set()
        print(*await server.until("COMMIT"), sep=", ")
        task.cancel()
        await asyncio.wait([task])
        print("    Python continues: is it cancelled?", task.cancelled())
        closing = asyncio.ensure_future(transaction.close())
        await asyncio.wait([closing], timeout=0.1)
        print("    without an answer: is it closed?", closing.done())
        server.may_answer.set()
        await closing
        print(*await server.until("closed"), sep=", ")


asyncio.run(main())
