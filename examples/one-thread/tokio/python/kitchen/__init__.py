"""A kitchen with one cook: a thread that works on many dishes at once."""

from ._native import Kitchen, cook_in_set, cook_local, open_kitchens

__all__ = ["Kitchen", "cook_in_set", "cook_local", "open_kitchens"]
