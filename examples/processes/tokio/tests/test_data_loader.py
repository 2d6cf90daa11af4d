"""A loader that forks its workers as PyTorch's DataLoader does. PyTorch itself is not run."""

from pathlib import Path

import pytest
from programs import COMMON, HANG, printed

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
    prices = Prices()
    print(*Loader(prices, 2, {method!r}))
    assert prices[0] == 3
    try:
        print(*Loader(prices, 2, {method!r}, {timeout}))
    except RuntimeError as error:
        print(error)
"""
LOADS = "3 4 5 3"


def loaded(folder, method, timeout):
    return printed(folder, COMMON + DATASET + LOADED.format(method=method, timeout=timeout))


def test_a_loader_that_forks_hangs_after_a_look_at_the_first_item_in_the_main_process(tmp_path):
    assert loaded(tmp_path, "fork", HANG) == [LOADS, f"the workers timed out after {HANG} seconds"]


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_loader_with_another_context_works_before_and_after_it(tmp_path, method):
    assert loaded(tmp_path, method, 60) == [LOADS] * 2
