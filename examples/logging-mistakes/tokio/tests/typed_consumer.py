"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from logging_mistakes import _native


async def main() -> None:
    stock = _native.Stock(10)
    left: int = await stock.take_locked(1)
    print(left, stock.left(), stock.left_detached())
    await _native.pack_lost(7, "7.log")
    await _native.pack_kept(7, "7.log")
    await _native.pack_with(7, "7.log")
    _native.log_on_thread()
    _native.log_on_tokio()
    called: bool = _native.debug_attached(1)
    print(called)
    asyncio.create_task(stock.take_locked(1))  # type: ignore[arg-type]
