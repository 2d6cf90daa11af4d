import asyncio
import sys

from feed import Feed


def fails(price):
    raise ValueError(f"I do not like {price}")


def report(unraisable):
    print("sys.unraisablehook:", repr(unraisable.exc_value), "of", unraisable.object.__name__)


async def main():
    sys.unraisablehook = report
    feed = Feed()
    feed.subscribe(fails)
    feed.subscribe(lambda price: print("the next listener gets", price))
    feed.publish(7)
    await feed.drained()


asyncio.run(main())
