"""A loader that forks its workers as PyTorch's DataLoader does. PyTorch itself is not run."""

from pathlib import Path

import pytest
from programs import COMMON, printed

TESTS = Path(__file__).parent

DATASET = f"""
sys.path.append({str(TESTS)!r})
from forking_loader import Loader

class Prices:
    items = ["tea", "coffee", "cake", "tea"]

    def __init__(self):
        self.shop = Shop()

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return asyncio.run(self.shop.price(self.items[index]))

    def __getstate__(self):
        return {{}}

    def __setstate__(self, state):
        self.shop = Shop()
"""
LOADED = """
if __name__ == "__main__":
    if {started}:
        assert price(60) == 3
    try:
        for epoch in range(2):
            print(*Loader(Prices(), {workers}, {method!r}, {timeout}))
    except RuntimeError as error:
        print(error)
"""
LOADS = ["3 4 5 3", "3 4 5 3"]


def loaded(folder, workers, method, started, timeout=60):
    text = LOADED.format(workers=workers, method=method, started=started, timeout=timeout)
    return printed(folder, COMMON + DATASET + text)


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_a_loader_works_before_the_first_await_of_its_process(tmp_path, method):
    assert loaded(tmp_path, 2, method, False) == LOADS


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_loader_with_another_context_works_after_it_too(tmp_path, method):
    assert loaded(tmp_path, 2, method, True) == LOADS


def test_a_loader_that_forks_after_it_hangs(tmp_path):
    assert loaded(tmp_path, 2, "fork", True, 1) == ["the workers timed out after 1 seconds"]


FIRST_ITEM = """
prices = Prices()
assert prices[0] == 3
try:
    print(*Loader(prices, 2, "fork", 1))
except RuntimeError as error:
    print(error)
"""


def test_to_look_at_the_first_item_in_the_main_process_is_enough(tmp_path):
    assert printed(tmp_path, COMMON + DATASET + FIRST_ITEM) == ["the workers timed out after 1 seconds"]
