import asyncio
from contextvars import ContextVar

from feed import Feed, _native

request = ContextVar("request", default="nobody")


def tell(price):
    print("   a function is called for", request.get())


async def atell(price):
    print("   a coroutine is called for", request.get())


async def serve(name):
    request.set(name)
    print("call_here")
    await _native.call_here(tell)
    print("call_on_loop")
    await _native.call_on_loop(tell)
    feed = Feed()
    feed.subscribe(tell)
    feed.subscribe(atell)
    request.set("somebody else")
    await asyncio.sleep(0)
    print("Feed")
    feed.publish(7)
    await feed.drained()
    request.set(name)
    for line in await _native.trace(request):
        print("Rust is at work for", line)


asyncio.run(serve("Ada"))
