"""What the tests ask a server, beside what its app answers."""

import gc
import json

from parcels import Bookings

# A feed that is not closed stays until its last reference is dropped.
gc.disable()


class Asking:
    """An app in front of another one, which answers questions about it."""

    def __init__(self, app):
        self.app = app
        self.forget()

    def forget(self):
        self.begun, self.ended, self.receives = [], [], {}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        question, _, path = scope["path"][1:].partition("/")
        if question in ("begun", "ended", "left", "collect", "listeners", "forget"):
            value = await getattr(self, f"on_{question}")(path, scope["state"]["carrier"])
            head = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            return await send({"type": "http.response.body", "body": json.dumps(value).encode()})
        path = scope["path"][1:]
        self.receives[path] = receive
        self.begun.append(path)
        try:
            await self.app(scope, receive, send)
        finally:
            self.ended.append(path)

    async def on_begun(self, path, carrier):
        """How many requests of the path have begun."""
        return self.begun.count(path)

    async def on_ended(self, path, carrier):
        """How many of them the app is done with."""
        return self.ended.count(path)

    async def on_left(self, path, carrier):
        """True as soon as the server knows that the client has left."""
        while (await self.receives[path]())["type"] != "http.disconnect":
            pass
        return True

    async def on_collect(self, path, carrier):
        """How many feeds in Python the garbage collector took."""
        feeds = feeds_alive()
        gc.collect()
        return feeds - feeds_alive()

    async def on_listeners(self, path, carrier):
        return carrier.listeners

    async def on_forget(self, path, carrier):
        self.forget()


def feeds_alive():
    return sum(isinstance(each, Bookings) and each._native is not None for each in gc.get_objects())
