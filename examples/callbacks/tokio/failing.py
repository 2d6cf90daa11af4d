import asyncio
import sys

from feed import Feed, _native


def fails(price):
    raise ValueError(f"I do not like {price}")


def in_python(unraisable):
    print("sys.unraisablehook:", repr(unraisable.exc_value), "of", unraisable.object.__name__)


def in_loop(loop, context):
    print("the loop's handler:", repr(context["exception"]))


async def main():
    sys.unraisablehook = in_python
    asyncio.get_running_loop().set_exception_handler(in_loop)
    try:
        await _native.call_here(fails)
    except ValueError as error:
        print("the await:", repr(error))
    await _native.call_on_loop(fails)
    feed = Feed()
    feed.subscribe(fails)
    feed.subscribe(lambda price: print("the next listener gets", price))
    feed.publish(7)
    await feed.drained()


asyncio.run(main())
