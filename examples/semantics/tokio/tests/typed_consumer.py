"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from typing import Optional, Tuple

from semantics import _native


async def main() -> Tuple[str, str]:
    bridge, async_fn = _native.Bridge("tokio"), _native.AsyncFn()
    asyncio.create_task(bridge.work())  # type: ignore[arg-type]
    from_bridge: str = await bridge.work_with(bridge)
    from_async_fn: str = await asyncio.create_task(async_fn.work_with(bridge))
    numbers, name = await bridge.arguments([1], "shared")
    loop: Optional[asyncio.AbstractEventLoop] = await async_fn.loop_reference(True)
    await bridge.give_up(async_fn.await_python(bridge.work_in_child()))
    seconds: float = await bridge.call_python(lambda: sum(numbers) + (loop is None) + 0.5)
    _native.begin(False)
    _native.answer()
    return _native.next_step(seconds) or (from_bridge + from_async_fn + name, _native.this_thread())
