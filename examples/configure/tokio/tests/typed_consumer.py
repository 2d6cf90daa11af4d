"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

import kiosk
from kiosk import _native


async def main() -> None:
    cents: int = await kiosk.price("tea") + await _native.price("tea")
    cents += _native.price_on_the_one("tea") + _native.price_on_a_new_one("tea")
    asyncio.create_task(_native.price("tea"))  # type: ignore[arg-type]
    for feed in (kiosk.Feed(print), _native.OwnFeed(print), _native.DetachedFeed(print), _native.BackgroundFeed(print)):
        feed.place("tea")
    threads: tuple[int, int] = (_native.threads_numbered(), _native.workers())
    print(cents, threads)
