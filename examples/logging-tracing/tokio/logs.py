import asyncio
import logging

from stock import Stock

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


async def main():
    stock = Stock(10)
    await stock.take(3)
    await stock.take(2)


asyncio.run(main())
