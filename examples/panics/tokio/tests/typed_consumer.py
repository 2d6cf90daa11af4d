"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from picker import PanicException, RustPanic, _native


async def main(items: list[str]) -> list[str]:
    asyncio.create_task(_native.pick(items, 0))  # type: ignore[arg-type]
    first = await asyncio.create_task(_native.pick_polled(items, 0))
    await _native.pick_now(items, 0)  # type: ignore[misc]
    try:
        return [
            first,
            _native.pick_now(items, 0),
            await _native.pick(items, 0),
            await _native.pick_late(items, 0),
            await _native.pick_in_time(items, 0),
            await _native.pick_checked(items, 0),
            await _native.pass_on(asyncio.sleep(0, "tea")),
            await _native.panicked("&str"),
            await _native.panicked_caught("&str"),
        ]
    except (RustPanic, PanicException) as error:
        caught: BaseException = error
        return [str(caught)]
