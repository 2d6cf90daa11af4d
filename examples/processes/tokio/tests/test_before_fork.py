"""What a process may do before it forks, and what its child can then do."""

import pytest
from programs import COMMON, printed

# What the parent does, and whether its child can use Rust.
BEFORE = {
    "it imports the module": ("", True),
    "it builds an object that starts no task": ("shop = Shop()", True),
    "it calls a function that needs no runtime": ("market.share(6, 2)", True),
    "it runs asyncio without Rust": ("asyncio.run(asyncio.sleep(0))", True),
    "it makes a call that fails without a loop": (
        """
try:
    market._native.Shop().price("tea")
except RuntimeError as error:
    assert str(error) == "no running event loop"
""",
        True,
    ),
    "it awaits Rust once": ("assert price(60) == 3", False),
    "it awaits an error once": (
        """
try:
    asyncio.run(Shop().price("nothing"))
except KeyError:
    pass
""",
        False,
    ),
    "it blocks on Rust once": ("assert Shop().price_sync('tea') == 3", False),
    "it builds an object that starts a task": ("prices = PriceList()", False),
}


@pytest.mark.parametrize("call", ["price", "price_sync"])
@pytest.mark.parametrize("before, works", BEFORE.values(), ids=BEFORE)
def test_what_happens_before_the_fork_decides_what_happens_in_the_child(tmp_path, before, works, call):
    seconds, expected = (60, "3") if works else (1, "hangs")
    assert printed(tmp_path, f"{COMMON}\n{before}\nprint(fork({call}, {seconds}))") == [expected]


def test_an_object_that_starts_no_task_works_in_the_child_as_well(tmp_path):
    program = "shop = Shop()\nprint(fork(lambda: within(60, shop.price('tea'))))"
    assert printed(tmp_path, COMMON + program) == ["3"]


@pytest.mark.parametrize("built", ["prices.price", "PriceList().price"], ids=["before", "after"])
def test_after_it_a_price_list_hangs_whether_built_before_or_after_the_fork(tmp_path, built):
    program = f"prices = PriceList()\nprint(fork(lambda: within(1, {built}('tea'))))"
    assert printed(tmp_path, COMMON + program) == ["hangs"]


def test_a_hang_in_the_child_leaves_the_parent_as_it_was(tmp_path):
    program = "price(60)\nprint(fork(price, 1))\nprint(price(60))"
    assert printed(tmp_path, COMMON + program) == ["hangs", "3"]
