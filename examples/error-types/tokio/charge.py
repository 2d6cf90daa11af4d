import asyncio

import payments


async def bank(card, cents):
    if card != "4711":
        return "unknown_card", None
    if cents > 500:
        return "over_limit", None
    return "too_many_attempts", 30.0


async def main():
    for card, cents in [("4711", 900), ("4711", 300), ("0815", 300)]:
        try:
            await payments.charge(bank, card, cents)
        except payments.Declined as error:
            print(f"{error}; code={error.code} retry_after={error.retry_after}")
        except payments.PaymentError as error:
            print(f"{type(error).__name__}: {error}")


asyncio.run(main())
