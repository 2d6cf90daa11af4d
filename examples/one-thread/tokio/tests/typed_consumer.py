"""`mypy --strict` passes this file only while the stub says what the module does."""

from kitchen import Kitchen, open_kitchens


async def main() -> int:
    kitchen = Kitchen()
    dish: str = await kitchen.cook("soup", 0.1)
    stove: list[str] = await kitchen.stove()
    return open_kitchens() + len(stove) + len(dish)
