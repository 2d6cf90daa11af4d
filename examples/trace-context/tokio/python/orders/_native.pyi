from asyncio import Future
from collections.abc import Awaitable
from typing import Callable

__all__ = ["install", "ship"]

_Carrier = dict[str, str]
_Ids = tuple[int, int]
_Parent = tuple[int, bool] | None
_Times = tuple[int, int]
_Attributes = dict[str, object]

def install(
    on_end: Callable[[str, _Ids, _Parent, _Times, _Attributes, str | None], object] | None = None,
) -> None: ...
def ship(
    order: int, charge: Callable[[int, _Carrier], Awaitable[object]], carrier: _Carrier
) -> Future[None]: ...
