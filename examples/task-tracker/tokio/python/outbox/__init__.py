"""Messages that Rust delivers in the background."""

import logging
from datetime import timedelta

from . import _native

__all__ = ["Outbox"]

CLOSE_TIMEOUT = 5.0
logger = logging.getLogger(__name__)


class Outbox:
    """Delivers messages to the mail server at a port; `async with` stops the deliveries."""

    def __init__(self, port: int) -> None:
        self._native = _native.Outbox(port)

    def send(self, message: str) -> None:
        """Deliver the message in the background; RuntimeError once the outbox is closed."""
        self._native.send(message)

    def take_undelivered(self) -> list[tuple[str, str]]:
        """Take the messages that could not be delivered, each with the reason."""
        return self._native.take_undelivered()

    async def close(self, timeout: float = CLOSE_TIMEOUT) -> int:
        """Stop the deliveries and wait for them; return how many still run after the timeout."""
        return await self._native.close(timedelta(seconds=timeout))

    async def __aenter__(self) -> "Outbox":
        return self

    async def __aexit__(self, *error: object) -> None:
        running = await self.close(CLOSE_TIMEOUT)
        if running:
            logger.warning("%d deliveries still run after %g seconds", running, CLOSE_TIMEOUT)
