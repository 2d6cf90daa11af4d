"""`mypy --strict` passes this file only while the stub says what the module does."""

from typing import Union

from class_cycles import Watcher, WithoutClear, WithoutTraverse


def use(watcher: Union[Watcher, WithoutClear, WithoutTraverse]) -> None:
    watcher.on_letter = print
    watcher.deliver("Tea at five?")
    watcher.on_letter = None
    watcher.on_letter = "print"  # type: ignore[assignment]


for watcher in Watcher(), WithoutClear(), WithoutTraverse():
    use(watcher)
