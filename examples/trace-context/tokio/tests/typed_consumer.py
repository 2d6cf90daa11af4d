"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from orders import _native, install, ship


async def charge(order: int) -> str:
    return "paid"


async def charge_with(order: int, carrier: dict[str, str]) -> str:
    return carrier["traceparent"]


async def main() -> None:
    await asyncio.create_task(ship(7, charge))
    await _native.ship(7, charge_with, {})
    _native.install()
    install(TracerProvider(), SpanProcessor())
    asyncio.create_task(_native.ship(7, charge_with, {}))  # type: ignore[arg-type]
