"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

import letterbox
from letterbox import _native


async def main() -> str:
    asyncio.create_task(_native.delivered(1))  # type: ignore[arg-type]
    letters = asyncio.create_task(letterbox.letter())
    letterbox.answer(1)
    _native.settle(_native.letters())
    pair = await asyncio.gather(_native.bridged(1), _native.polled_first(2, True))
    rates: list[int] = list(pair)
    rates.append(await _native.bridged_ready(_native.tasks()))
    await _native.answering()
    rates.append(await _native.made_on())
    if rates == []:
        await _native.ends("panic", True)
    return await letters + await _native.held()
