import asyncio
import itertools
import sys
import threading

from intake import _native

over = threading.Event()


async def prices():
    try:
        for price in itertools.count():
            yield price
    finally:
        print("closing")
        await asyncio.sleep(0)
        print("closed")
        over.set()


def unraisable(error):
    print("ignored:", error.exc_value)
    over.set()


async def main():
    for read in (_native.read_v1, _native.read):
        print(f"{read.__name__}:")
        over.clear()
        reader = read(prices())
        await reader.__anext__()
        # PyO3 releases objects that Rust threads dropped when it next attaches.
        while not over.is_set():
            await reader.drop()


sys.unraisablehook = unraisable
asyncio.run(main())
