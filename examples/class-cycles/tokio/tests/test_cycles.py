"""Reference cycles through a Rust class, a test for each sentence."""

import gc

import pytest
from class_cycles import Watcher, WithoutClear, WithoutTraverse

KINDS = [Watcher, WithoutClear, WithoutTraverse]


class Reader:
    def __init__(self, watcher):
        self.watcher = watcher
        self.seen = []
        watcher.on_letter = self.show

    def show(self, letter):
        self.seen.append(letter)


def alive(kind):
    """The objects of a class that a full collection leaves. The collector knows them all."""
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is kind]


def forward_to_each_other(kind):
    """Makes a cycle of Rust objects alone: the callback of each is a method of the other."""
    first, second = kind(), kind()
    first.on_letter = second.deliver
    second.on_letter = first.deliver


@pytest.fixture(autouse=True)
def nothing_is_left_of_other_tests():
    """What a test leaks is taken apart after it."""
    yield
    for reader in alive(Reader):
        reader.watcher.on_letter = None
    for watcher in alive(WithoutClear):
        watcher.on_letter = None
    reader = watcher = None
    assert alive(Reader) == alive(WithoutClear) == alive(Watcher) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_callback_is_called(kind):
    reader = Reader(kind())
    reader.watcher.deliver("Tea at five?")
    assert reader.seen == ["Tea at five?"]


def test_a_cycle_is_collected_if_the_class_has_both_methods():
    for _ in range(100):
        Reader(Watcher())
    assert alive(Reader) == []
    assert alive(Watcher) == []


def test_without_traverse_a_cycle_is_never_collected():
    for _ in range(100):
        Reader(WithoutTraverse())
    assert len(alive(Reader)) == 100
    assert len(alive(Reader)) == 100
    assert gc.garbage == []


def test_without_traverse_an_object_outside_of_a_cycle_is_freed():
    reader = Reader(WithoutTraverse())
    reader.watcher.on_letter = None
    del reader
    assert alive(Reader) == []


def test_without_clear_a_cycle_with_a_python_object_is_collected():
    for _ in range(100):
        Reader(WithoutClear())
    assert alive(Reader) == []
    assert alive(WithoutClear) == []


def test_without_clear_a_cycle_of_rust_objects_alone_is_never_collected():
    for _ in range(100):
        forward_to_each_other(WithoutClear)
    assert len(alive(WithoutClear)) == 200
    assert len(alive(WithoutClear)) == 200
    assert gc.garbage == []


def test_with_both_methods_a_cycle_of_rust_objects_alone_is_collected():
    for _ in range(100):
        forward_to_each_other(Watcher)
    assert alive(Watcher) == []


def test_a_callback_may_replace_itself_when_it_is_called():
    watcher, seen = Watcher(), []

    def once(letter):
        watcher.on_letter = None
        seen.append(letter)

    watcher.on_letter = once
    watcher.deliver("Tea at five?")
    watcher.deliver("I bring milk.")
    assert seen == ["Tea at five?"]


def test_an_old_callback_may_use_the_watcher_when_it_is_freed():
    watcher, seen = Watcher(), []

    class Last:
        def __call__(self, letter):
            raise AssertionError("it was replaced")

        def __del__(self):
            watcher.deliver("the last letter")

    watcher.on_letter = Last()
    watcher.on_letter = seen.append
    assert seen == ["the last letter"]
