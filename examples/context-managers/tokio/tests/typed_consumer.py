"""`mypy --strict` passes this file only while the stub says what the module does."""

from ledger import Transaction, Undo, _native


async def main() -> str:
    async with Transaction(5432) as transaction:
        answer: str = await transaction.execute("tea +7")
        if not transaction.is_open:
            raise Undo
    await transaction.close()
    async with _native.Eager():  # type: ignore[misc]
        pass
    return answer
