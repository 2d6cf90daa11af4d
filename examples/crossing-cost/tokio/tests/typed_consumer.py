"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from crossing import _native


async def nothing() -> None:
    pass


async def main() -> list[int]:
    asyncio.create_task(_native.bridge())  # type: ignore[arg-type]
    await asyncio.create_task(_native.polled())
    await _native.bridge()
    await _native.bridge_hop()
    await _native.bridge_async_std()
    await _native.polled_twice()
    await _native.polled_worker()
    await _native.polled_later()
    await _native.polled_spawned()
    await _native.done()
    await _native.on_loop()
    await _native.from_thread()
    _native.rust_only(calls=2, in_flight=1)
    await _native.await_python(nothing, calls=2)
    await _native.attach_each(print, 2)
    await _native.attach_once(print, 2)
    held = [_native.bridge_held(), _native.bridge_async_std_held()]
    _native.release(calls=3)
    await asyncio.gather(*held)
    await _native.polled_held()
    assert _native.OPTIMISED is True
    items = [item async for item in _native.Items(3)]
    return items + await _native.Items(3).batch(2)
