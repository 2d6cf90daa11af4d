"""`mypy --strict` passes this file only while the stub says what the module does."""

from closing_mistakes import Eager, WithDel, WithDrop


class Subclass(WithDel):
    pass


async def main() -> tuple[WithDel, WithDrop]:
    async with Eager():  # type: ignore[misc]
        pass
    return Subclass(), WithDrop()
