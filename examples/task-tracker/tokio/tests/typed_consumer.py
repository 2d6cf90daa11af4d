"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from datetime import timedelta

from outbox import Outbox, _native


async def main() -> None:
    async with Outbox(25) as outbox:
        outbox.send("an invoice")
        for message, reason in outbox.take_undelivered():
            print(message.upper(), reason.upper())
    print(await outbox.close(timeout=1.5) + 1)
    print(await _native.Outbox(25).close(timedelta(seconds=1)) + 1)
    asyncio.create_task(_native.Outbox(25).close(timedelta()))  # type: ignore[arg-type]
