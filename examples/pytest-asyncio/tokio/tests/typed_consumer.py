"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio
from pathlib import Path

from printshop import Press, _native, running


async def main() -> None:
    async with Press(Path("orders.txt")) as press:
        printing: asyncio.Task[str] = asyncio.create_task(press.print("menu", seconds=1))
        print(await printing, running() + 1)
        printed: str = press.print_blocking("menu")
        print(printed)
        await press.print(1)  # type: ignore[arg-type]
    native = _native.Press("orders.txt")
    text: str = await native.print("menu", 0) + native.print_blocking("menu", 0)
    print(text)
    await native.close()
    asyncio.create_task(native.close())  # type: ignore[arg-type]
