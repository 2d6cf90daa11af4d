"""`mypy --strict` passes this file only while the stub says what the module does."""

from ledger import Transaction, Undo


async def main() -> str:
    async with Transaction(5432) as transaction:
        answer: str = await transaction.execute("tea +7")
        if not transaction.is_open:
            raise Undo
    await transaction.close()
    return answer
