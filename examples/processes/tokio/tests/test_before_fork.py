"""What a process may do before it forks, and what its child can then do."""

import pytest
from programs import COMMON, HANG, Program, printed

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


# Both children exist before the parent reads what one of them says.
BOTH = """
await_, block = fork(price, {seconds}), fork(price_sync, {seconds})
print(said_by(await_), said_by(block))
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """All of them at once, because some wait until a child has hung for long enough."""
    programs = {}
    for name, (before, works) in BEFORE.items():
        folder = tmp_path_factory.mktemp("program")
        (folder / "main.py").write_text(COMMON + before + BOTH.format(seconds=60 if works else HANG))
        programs[name] = Program(folder, "main.py")
    yield programs
    for program in programs.values():
        program.close()


@pytest.mark.parametrize("before", BEFORE)
def test_what_happens_before_the_fork_decides_what_happens_in_the_child(programs, before):
    _, works = BEFORE[before]
    assert programs[before].end() == (0, ["3 3" if works else "hangs hangs"])


def test_an_object_that_starts_no_task_works_in_the_child_as_well(tmp_path):
    program = "shop = Shop()\nprint(said_by(fork(lambda: within(60, shop.price('tea')))))"
    assert printed(tmp_path, COMMON + program) == ["3"]


BUILT = f"""
prices = PriceList()
before = fork(lambda: within({HANG}, prices.price("tea")))
after = fork(lambda: within({HANG}, PriceList().price("tea")))
print(said_by(before), said_by(after))
"""


def test_after_it_a_price_list_hangs_whether_built_before_or_after_the_fork(tmp_path):
    assert printed(tmp_path, COMMON + BUILT) == ["hangs hangs"]


def test_a_hang_in_the_child_leaves_the_parent_as_it_was(tmp_path):
    program = f"price(60)\nprint(said_by(fork(price, {HANG})))\nprint(price(60))"
    assert printed(tmp_path, COMMON + program) == ["hangs", "3"]
