"""`mypy --strict` passes this file only while the stub says what the module does."""

import asyncio

from box_office import Show, _native, count


async def main() -> None:
    show = Show(2)
    sold: bool = show.sell()
    sold = await show.sell_online()
    show.wait_sold_out()
    asyncio.create_task(show.sell_online())  # type: ignore[arg-type]
    show.left  # type: ignore[attr-defined]

    tally = _native.Tally(2)
    sold = tally.sell() or tally.sell_atomically()
    online: int = await tally.sell_online(2)
    online += await tally.sell_online_atomically(2)

    till = _native.Till()
    till.take(5)
    takings: int = till.takings
    till.takings = 5  # type: ignore[misc]

    count({"Hamlet": takings + online}, "Hamlet")
    count({"Hamlet": sold}, 5)  # type: ignore[arg-type]
    _native.count_unlocked({}, "Hamlet")
    _native.count_in_section({}, "Hamlet")
