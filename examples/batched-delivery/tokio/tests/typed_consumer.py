"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from decimal import Decimal

import letterbox
from letterbox import _native


async def clerk() -> str:
    return "by ship"


async def main() -> Decimal:
    asyncio.create_task(_native.delivered(1))  # type: ignore[arg-type]
    letter = asyncio.create_task(letterbox.letter())
    letterbox.answer(2)
    pair = await asyncio.gather(_native.bridged(1), _native.polled_first(2, True))
    rates: list[int] = list(pair)
    rates.append(await _native.bridged_ready(1))
    try:
        print(await _native.ask_clerk(clerk, False) + await _native.ask_clerk(clerk, at_once=True))
    except _native.RustPanic as panic:
        print(panic)
    return await letter + await _native.letter()
