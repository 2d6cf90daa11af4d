"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

import lines
from lines import _native


async def main(text: bytes) -> list[int]:
    asyncio.create_task(_native.count(text))  # type: ignore[arg-type]
    _native.turn()
    _native.start_beating()
    turns, _beats = await _native.on_loop(0.1)
    await _native.on_loop_detached(0.1, (1, 1))
    await _native.in_future(0.1, enough=(1, 1))
    await _native.on_blocking_thread(0.1)
    await _native.on_rayon(0.1)
    await _native.panic_on_rayon(True)
    ends, _address = await _native.count(text)
    copied, _address = await _native.count_copied(text)
    whole, _turns = await _native.offsets_whole(3)
    pieces, _turns = await _native.offsets_in_pieces(3)
    counted = await asyncio.create_task(lines.count(text))
    return [turns, ends, copied, counted, _native.address_of(text), *whole, *pieces]
