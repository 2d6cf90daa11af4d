"""`mypy --strict` passes this file only while the stub says what the module does."""

from contextvars import ContextVar

from feed import Feed, _native


async def on_price(price: int) -> str:
    return str(price)


def tell(price: int) -> str:
    return str(price)


async def main(request: ContextVar[str]) -> str:
    feed = Feed(limit=10)
    feed.subscribe(on_price)
    feed.subscribe(tell)
    feed.publish(7)
    feed.unsubscribe(tell)
    await feed.drained()
    await _native.call_on_loop(tell)
    await _native.call_without_loop(tell)  # type: ignore[arg-type]
    first: str = await _native.call_without_loop(on_price)
    second: str = await _native.call_here(tell)
    return first + second + "".join(await _native.trace(request))
