"""`mypy --strict` passes this file only while the stub says what the module does."""

from kitchen import Kitchen, RustPanic


async def main() -> int:
    kitchen = Kitchen()
    stove: list[str] = await kitchen.stove()
    try:
        dish: str = await kitchen.cook("soup", 0.1)
        return len(stove) + len(dish)
    except RustPanic as panic:
        return len(str(panic))
