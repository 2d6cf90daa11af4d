"""The pools and the processes of the standard library, with each start method."""

import multiprocessing

import pytest
from programs import COMMON, HERE, printed

METHODS = multiprocessing.get_all_start_methods()

EACH = """
if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    if {started}:
        assert price(60) == 3
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        print(executor.submit(price, {seconds}).result())
    with context.Pool(1) as pool:
        print(pool.apply(price, [{seconds}]))
    process = context.Process(target=price_to, args=[{seconds}, queue := context.SimpleQueue()])
    process.start()
    print(queue.get())
    process.join()
"""
PRICE_TO = """
def price_to(seconds, queue):
    queue.put(price(seconds))
"""


def each(folder, method, started, seconds):
    program = EACH.format(method=method, started=started, seconds=seconds)
    return printed(folder, COMMON + PRICE_TO + program)


@pytest.mark.parametrize("method", METHODS)
def test_before_the_first_await_every_start_method_works(tmp_path, method):
    assert each(tmp_path, method, False, 60) == ["3", "3", "3"]


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_after_it_forkserver_and_spawn_work(tmp_path, method):
    assert each(tmp_path, method, True, 60) == ["3", "3", "3"]


def test_after_it_the_workers_that_fork_hang(tmp_path):
    assert each(tmp_path, "fork", True, 1) == ["hangs", "hangs", "hangs"]


LATE = """
context = multiprocessing.get_context("fork")
executor, pool = ProcessPoolExecutor(1, mp_context=context), context.Pool(1)
assert price(60) == 3
print(executor.submit(price, 1).result(), pool.apply(price, [60]))
executor.shutdown()
pool.terminate()
"""


def test_an_executor_forks_at_its_first_submit_and_a_pool_when_it_is_built(tmp_path):
    assert printed(tmp_path, COMMON + LATE) == ["hangs 3"]


REPLACED = """
pool = multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1)
print(pool.apply(price, [60]))
assert price(60) == 3
# The worker for this one may have been forked before the parent awaited, the next one was not.
pool.apply(price, [1])
print(pool.apply(price, [1]))
pool.terminate()
"""


def test_a_worker_that_is_replaced_after_the_parent_has_awaited_hangs(tmp_path):
    assert printed(tmp_path, COMMON + REPLACED) == ["3", "hangs"]


IN_A_LOOP = """
async def main():
    await Shop().price("tea")
    loop, context = asyncio.get_running_loop(), multiprocessing.get_context({method!r})
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        print(await loop.run_in_executor(executor, price, {seconds}))

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("method, seconds, expected", [("fork", 1, "hangs"), ("forkserver", 60, "3"), ("spawn", 60, "3")])
def test_run_in_executor_of_a_coroutine_that_awaits_rust_needs_forkserver_or_spawn(tmp_path, method, seconds, expected):
    assert printed(tmp_path, COMMON + IN_A_LOOP.format(method=method, seconds=seconds)) == [expected]


PRELOADED = """
def listed(seconds):
    import eager
    return within(seconds, eager.prices.price("tea"))

if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload({preloaded})
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        print(executor.submit(listed, {seconds}).result())
"""


@pytest.mark.parametrize("preloaded, seconds, expected", [([], 60, "3"), (["eager"], 1, "hangs")], ids=["no", "yes"])
def test_forkserver_hangs_as_well_if_a_module_that_it_preloads_starts_the_runtime(
    tmp_path, preloaded, seconds, expected
):
    (tmp_path / "eager.py").write_text("from market import PriceList\nprices = PriceList()\n")
    assert printed(tmp_path, COMMON + PRELOADED.format(preloaded=preloaded, seconds=seconds)) == [expected]


def test_what_is_built_at_its_first_use_works_in_a_forked_pool(tmp_path):
    assert printed(tmp_path, (HERE / "pool.py").read_text()) == ["[3, 5]"]


BUILDS = """
prices = PriceList()

def listed():
    return within(60, prices.price("tea"))

if __name__ == "__main__":
    print(listed())
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        print(executor.submit(listed).result())
"""


def test_with_spawn_each_worker_builds_what_the_module_builds(tmp_path):
    assert printed(tmp_path, COMMON + BUILDS) == ["3", "3"]
