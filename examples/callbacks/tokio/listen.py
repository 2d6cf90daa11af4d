import asyncio
import threading

from feed import Feed


def show(price):
    print("a function:", price, threading.current_thread().name)


async def store(price):
    await asyncio.sleep(0)
    print("a coroutine:", price, threading.current_thread().name)


async def main():
    feed = Feed()
    feed.subscribe(show)
    feed.subscribe(store)
    feed.publish(7)
    print("published")
    await feed.drained()
    print("drained")


asyncio.run(main())
