"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from pathlib import Path
from typing import Optional

from relay import DocumentError, NotFound, Unreadable, _native


async def main(folder: Path) -> list[str]:
    asyncio.create_task(_native.read(folder, "note"))  # type: ignore[arg-type]
    errors: list[type[DocumentError]] = [NotFound, Unreadable]
    relayed = await _native.relay(asyncio.sleep(0, "relayed"))
    texts = [str(relayed), await _native.read(folder, "note"), str(errors)]
    texts += await _native.read_all(str(folder), ["note"])
    texts += [str(await _native.relay_text(asyncio.sleep(0)))]
    texts += [str(await _native.relay_with_cause(asyncio.sleep(0)))]
    reported: Optional[str] = await _native.report(asyncio.sleep(0))
    texts += [reported or "nothing"]
    try:
        await _native.stop_async()
    except StopAsyncIteration:
        await _native.stop()
    return texts
