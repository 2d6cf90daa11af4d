"""`mypy --strict` passes this file only while the stub says what the module does."""

from totals import _native, own_loop, total, total_sync


async def price_of(item: str) -> int:
    return len(item)


async def main() -> int:
    awaited: int = await total(["tea"], price_of) + await _native.total(["tea"], price_of)
    _native.total(["tea"], len)  # type: ignore[arg-type]
    _native.total_sync(["tea"], price_of)  # type: ignore[call-arg]
    return awaited + total_sync(["tea"], price_of)


print(_native.total_sync(["tea"], price_of, own_loop()) + 1)
