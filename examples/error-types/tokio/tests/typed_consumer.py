"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from typing import Optional

from payments import Declined, NoAnswer, PaymentError, UnknownCard, _native


async def bank(card: str, cents: int) -> tuple[str, Optional[float]]:
    return "approved", None


async def main() -> tuple[str, str, Optional[float]]:
    asyncio.create_task(_native.charge(bank, "4711", 300))  # type: ignore[arg-type]
    cents: int = await _native.charge(bank, "4711", 300)
    errors: list[type[PaymentError]] = [UnknownCard, NoAnswer]
    error = Declined("declined: over_limit", "over_limit", None)
    error.code = str([errors, cents])  # type: ignore[misc]
    return error.message, error.code, error.retry_after
