import asyncio

from payments import _native


async def bank(card, cents):
    raise ConnectionError("connection refused")


async def main():
    await _native.charge(bank, "4711", 300)


asyncio.run(main())
