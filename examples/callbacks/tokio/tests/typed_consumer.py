"""`mypy --strict` passes this file only while the stub says what the module does."""

from feed import Feed


async def on_price(price: int) -> str:
    return str(price)


def tell(price: int) -> str:
    return str(price)


def wrong(price: str) -> None: ...


async def main() -> None:
    feed = Feed(limit=10)
    feed.subscribe(on_price)
    feed.subscribe(tell)
    feed.subscribe(wrong)  # type: ignore[arg-type]
    feed.publish(7)
    feed.unsubscribe(tell)
    await feed.drained()
