"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from typing import Optional

from relay import _native


async def main() -> list[str]:
    asyncio.create_task(_native.report(asyncio.sleep(0)))  # type: ignore[arg-type]
    relayed = await _native.relay(asyncio.sleep(0, "relayed"))
    texts = [str(relayed), str(await _native.relay_text(asyncio.sleep(0)))]
    texts += [str(await _native.relay_with_cause(asyncio.sleep(0)))]
    reported: Optional[str] = await _native.report(asyncio.sleep(0))
    texts += [reported or "nothing"]
    try:
        await _native.stop_async()
    except StopAsyncIteration:
        await _native.stop()
    return texts
