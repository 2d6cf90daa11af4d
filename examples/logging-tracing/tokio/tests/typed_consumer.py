"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from stock import Stock, _native, reset_logging


async def main() -> None:
    stock = Stock(10)
    left: int = await asyncio.create_task(stock.take(1))
    print(left, stock.left)
    reset_logging()
    await _native.Stock(10).take(1)
    asyncio.create_task(_native.Stock(10).take(1))  # type: ignore[arg-type]
