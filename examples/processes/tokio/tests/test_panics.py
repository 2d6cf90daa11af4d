"""What the parent sees of a panic in a worker process."""

import subprocess

from programs import COMMON, HANG, printed

PANICS = """
def later():
    return asyncio.run(market.share_later(6, 0))

def now():
    return market.share(6, 0)

def later_without_the_line():
    market.RustPanic.__module__ = "pyo3_async_runtimes"
    return later()

def missing():
    return asyncio.run(Shop().price("nothing"))

def shown(error):
    return f"{type(error).__name__}: {error}"

def ended(get):
    try:
        get()
    except Exception as error:
        return shown(error)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, mp_context=context) as executor, context.Pool(1) as pool:
"""


def seen(folder, *lines):
    program = COMMON + PANICS + "".join(f"        {line}\n" for line in lines)
    # The threads of Rust print the panics to stderr.
    return printed(folder, program, errors=subprocess.DEVNULL)


def test_a_rust_panic_reaches_the_parent_if_its_class_names_the_module_that_has_it(tmp_path):
    of_executor, of_pool = "print(shown(executor.submit(later).exception()))", "print(ended(pool.apply_async(later).get))"
    expected = "RustPanic: rust future panicked: unknown error"
    module = "print(market.RustPanic.__module__)"
    assert seen(tmp_path, of_executor, of_pool, module) == [expected, expected, "market._native"]


def test_without_that_line_the_parent_sees_that_it_cannot_be_pickled(tmp_path):
    executor, pool = seen(
        tmp_path,
        "print(shown(executor.submit(later_without_the_line).exception()))",
        "print(ended(pool.apply_async(later_without_the_line).get))",
    )
    assert executor.startswith("PicklingError: Can't pickle <class 'pyo3_async_runtimes.RustPanic'>: "), executor
    assert pool.startswith("MaybeEncodingError: Error sending result: "), pool


def test_a_panic_exception_cannot_be_pickled(tmp_path):
    error, next_result = seen(
        tmp_path,
        "print(shown(executor.submit(now).exception()))",
        "print(executor.submit(market.share, 6, 2).result())",
    )
    assert error.startswith("PicklingError: Can't pickle <class 'pyo3_runtime.PanicException'>: "), error
    assert next_result == "3"


def test_a_panic_exception_ends_the_worker_of_a_pool_and_its_result_never_comes(tmp_path):
    assert seen(
        tmp_path,
        "lost = pool.apply_async(now)",
        "print(pool.apply_async(market.share, [6, 2]).get(60))",  # The next worker.
        f"lost.wait({HANG})",
        "print(lost.ready())",
    ) == ["3", "False"]


def test_an_error_of_rust_that_has_a_class_in_python_arrives_as_it_is(tmp_path):
    of_executor, of_pool = (
        "print(shown(executor.submit(missing).exception()))",
        "print(ended(pool.apply_async(missing).get))",
    )
    assert seen(tmp_path, of_executor, of_pool) == ["KeyError: 'nothing'"] * 2
