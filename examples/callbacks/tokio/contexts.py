import asyncio
from contextvars import ContextVar

from feed import Feed

request = ContextVar("request", default="nobody")


def tell(price):
    print("a function is called for", request.get())


async def atell(price):
    print("a coroutine is called for", request.get())


async def serve(name):
    request.set(name)
    feed = Feed()
    feed.subscribe(tell)
    feed.subscribe(atell)
    request.set("somebody else")
    feed.publish(7)
    await feed.drained()


asyncio.run(serve("Ada"))
