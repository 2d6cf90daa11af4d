"""The pools and the processes of the standard library, with each start method."""

import pytest
from programs import COMMON, HANG, HERE, printed

# A worker of each kind, before the parent first awaits Rust and after it.
ROUNDS = """
def price_to(seconds, queue):
    queue.put(price(seconds))

def ask(context, seconds):
    queue = context.SimpleQueue()
    process = context.Process(target=price_to, args=[seconds, queue])
    process.start()
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        of_executor = executor.submit(price, seconds)
        with context.Pool(1) as pool:
            of_pool = pool.apply_async(price, [seconds])
            print(queue.get(), of_executor.result(), of_pool.get())
    process.join()

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    ask(context, 60)
    assert price(60) == 3
    ask(context, {seconds})
"""


def rounds(folder, method, seconds):
    return printed(folder, COMMON + ROUNDS.format(method=method, seconds=seconds))


def test_workers_that_fork_work_before_the_first_await_and_hang_after_it(tmp_path):
    assert rounds(tmp_path, "fork", HANG) == ["3 3 3", "hangs hangs hangs"]


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_forkserver_and_spawn_work_before_it_and_after_it(tmp_path, method):
    assert rounds(tmp_path, method, 60) == ["3 3 3", "3 3 3"]


LATE = f"""
context = multiprocessing.get_context("fork")
executor, pool = ProcessPoolExecutor(1, mp_context=context), context.Pool(1)
assert price(60) == 3
print(executor.submit(price, {HANG}).result(), pool.apply(price, [60]))
executor.shutdown()
pool.terminate()
"""


def test_an_executor_forks_at_its_first_submit_and_a_pool_when_it_is_built(tmp_path):
    assert printed(tmp_path, COMMON + LATE) == ["hangs 3"]


REPLACED = f"""
pool = multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1)
print(pool.apply(price, [60]))
assert price(60) == 3
# The worker for this one may have been forked before the parent awaited, the next one was not.
pool.apply(price, [{HANG}])
print(pool.apply(price, [{HANG}]))
pool.terminate()
"""


def test_a_worker_that_is_replaced_after_the_parent_has_awaited_hangs(tmp_path):
    assert printed(tmp_path, COMMON + REPLACED) == ["3", "hangs"]


IN_A_LOOP = f"""
async def main():
    await Shop().price("tea")
    loop = asyncio.get_running_loop()
    for method, seconds in [("fork", {HANG}), ("forkserver", 60), ("spawn", 60)]:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as executor:
            print(await loop.run_in_executor(executor, price, seconds))

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_run_in_executor_of_a_coroutine_that_awaits_rust_needs_forkserver_or_spawn(tmp_path):
    assert printed(tmp_path, COMMON + IN_A_LOOP) == ["hangs", "3", "3"]


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


@pytest.mark.parametrize("preloaded, seconds, expected", [([], 60, "3"), (["eager"], HANG, "hangs")], ids=["no", "yes"])
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
