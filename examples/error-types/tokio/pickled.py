import asyncio
import pickle

import payments


async def too_often(card, cents):
    return "too_many_attempts", 30.0


async def unreachable(card, cents):
    raise ConnectionError("connection refused")


def show(error):
    print(f"{type(error).__name__} {error.code} {error.retry_after}; cause: {error.__cause__!r}")


async def main():
    for bank in (too_often, unreachable):
        try:
            await payments.charge(bank, "4711", 300)
        except payments.PaymentError as error:
            show(error)
            show(pickle.loads(pickle.dumps(error)))


asyncio.run(main())
