"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from primes import Progress, _native


async def main() -> int:
    progress = Progress()
    asyncio.create_task(_native.primes(progress, 1, True))  # type: ignore[arg-type]
    first = await _native.primes(progress, 1, False)
    second = await _native.primes_in_thread(progress, 1)
    return first + second + progress.numbers + int(progress.running)
