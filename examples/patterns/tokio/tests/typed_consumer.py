"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

import rates
from rates import _native


async def main() -> int:
    asyncio.create_task(_native.bridged(1))  # type: ignore[arg-type]
    first: int = await asyncio.create_task(_native.in_task(1))
    known: int = _native.cached(1)  # type: ignore[assignment]
    many: list[int] = await rates.rates([1, 2]) + await _native.attach_each([3])
    ready = await asyncio.gather(_native.ready(1), _native.bridged_ready(1), _native.fetch(1))
    return sum(many, first) + known + sum(ready) + await rates.rate(1)
