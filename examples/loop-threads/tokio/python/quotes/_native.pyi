from asyncio import AbstractEventLoop, Future
from collections.abc import Coroutine, Sequence
from typing import Any, Callable, Optional

__all__ = ["cheapest", "price"]

_Shop = tuple[AbstractEventLoop, Callable[[str], Coroutine[Any, Any, int]]]

def cheapest(shops: Sequence[_Shop], item: str) -> Future[Optional[int]]: ...
def price(item: str) -> Future[int]: ...
