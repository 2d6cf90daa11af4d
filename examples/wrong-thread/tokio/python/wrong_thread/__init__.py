"""Calls that fail on purpose, because each needs something that its thread does not have."""

from ._native import (
    Basket,
    EnteredBasket,
    cook_in_set,
    cook_local,
    in_future,
    on_blocking_thread,
    on_loop,
    price,
    price_ahead,
    price_polled,
    price_with_own_loop,
)

__all__ = [
    "Basket",
    "EnteredBasket",
    "cook_in_set",
    "cook_local",
    "in_future",
    "on_blocking_thread",
    "on_loop",
    "price",
    "price_ahead",
    "price_polled",
    "price_with_own_loop",
]
