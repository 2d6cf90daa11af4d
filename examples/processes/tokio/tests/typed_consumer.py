"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from market import PriceList, RustPanic, Shop, _native, share, share_later


async def main() -> int:
    awaited: int = await Shop().price("tea") + await PriceList().price("tea")
    awaited += await _native.Shop().price("tea") + await _native.PriceList().price("tea")
    try:
        awaited += share(3, 2) + await share_later(3, 2) + await _native.share_later(3, 2)
    except RustPanic:
        pass
    asyncio.create_task(_native.Shop().price("tea"))  # type: ignore[arg-type]
    return awaited + Shop().price_sync("tea") + _native.Shop().price_sync("tea")
