"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

import lines
from lines import _native


async def main(text: bytes, address: str) -> list[int]:
    asyncio.create_task(_native.count(text))  # type: ignore[arg-type]
    await lines.count_sent(80)  # type: ignore[arg-type]
    packed = (await _native.offsets_as_bytes(text)).hex()
    return [
        len(packed),
        await asyncio.create_task(lines.count_sent(address)),
        await asyncio.create_task(lines.count(text)),
        *await _native.offsets_as_list(text),
        *await lines.offsets(text),
    ]
