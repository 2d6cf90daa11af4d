import asyncio
from contextvars import ContextVar

from call_listeners import call_here, call_on_loop, trace

request = ContextVar("request", default="nobody")


def tell(price):
    print("   called for", request.get())


async def serve(name):
    request.set(name)
    print("call_here")
    await call_here(tell)
    print("call_on_loop")
    await call_on_loop(tell)
    for line in await trace(request):
        print("Rust is at work for", line)


asyncio.run(serve("Ada"))
