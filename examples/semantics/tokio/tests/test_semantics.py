"""A test for each row of the tables, from the column of tokio to that of PyO3's `async fn`."""

import subprocess
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

import pytest

NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")
HERE = Path(__file__).parent.parent
SCRIPTS = ["cancelled", "threads", "copied", "survives"]
COLUMNS = ["tokio", "async-std", "async fn"]
WIDTH = 39, 15


@lru_cache(maxsize=None)
def run_of(script):
    """A script that hangs ends itself after a minute."""
    command = [sys.executable, f"{script}.py"]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=180)


def answers(script):
    """What the script prints, by question."""
    run = run_of(script)
    assert (run.returncode, run.stderr) == (0, "")
    found = {}
    for line in run.stdout.splitlines():
        first, rest = line[: WIDTH[0]], line[WIDTH[0] :]
        cells = [rest[at : at + WIDTH[1]].strip() for at in range(0, 3 * WIDTH[1], WIDTH[1])]
        if first.startswith("  "):
            found[first.strip()] = cells
        elif first:
            assert cells == COLUMNS
    return found


def check(script, question, *cells):
    assert answers(script)[question] == list(cells if len(cells) == 3 else cells * 3)


# Who is cancelled


def test_a_cancelled_task_drops_the_future():
    check("cancelled", "the task awaiting it is cancelled", "dropped")


def test_a_timeout_drops_the_future():
    check("cancelled", "wait_for times out", "dropped")


def test_a_shielded_future_goes_on():
    check("cancelled", "a shield around it is cancelled", "keeps running")


def test_what_nobody_awaits_goes_on_or_never_starts():
    question = "it is not awaited or kept"
    check("cancelled", question, "keeps running", "keeps running", "never starts")


def test_a_forgotten_task_goes_on():
    check("cancelled", "the task awaiting it is forgotten", "keeps running")


def test_the_end_of_asyncio_run_drops_what_a_task_awaits():
    check("cancelled", "asyncio.run ends, a task awaits it", "dropped")


def test_the_end_of_asyncio_run_does_not_drop_what_no_task_awaits():
    question = "asyncio.run ends, no task awaits it"
    check("cancelled", question, "keeps running", "keeps running", "never starts")


def test_a_closed_loop_drops_nothing_and_polls_nothing():
    question = "its loop is closed without a cancel"
    check("cancelled", question, "keeps running", "keeps running", "never resumes")


def test_the_exit_of_python_drops_nothing():
    check("cancelled", "Python exits", "not dropped")


def test_a_child_goes_on_after_a_cancel():
    check("cancelled", "a child, after a cancel", "keeps running")


def test_a_coroutine_goes_on_after_a_cancel():
    check("cancelled", "a coroutine, after a cancel", "keeps running")


def test_a_coroutine_goes_on_after_rust_drops_the_wait_for_it():
    check("cancelled", "a coroutine, if Rust drops the wait", "keeps running")


def test_rust_is_told_that_its_coroutine_was_cancelled():
    check("cancelled", "Rust, if the coroutine is cancelled", "CancelledError")


# Which thread

ON_WORKERS = "worker", "worker", "the loop's"
IN_POOLS = "blocking pool", "blocking pool", "the loop's"


def test_the_body_begins_on_a_worker_or_on_the_thread_of_the_loop():
    check("threads", "the body begins", *ON_WORKERS)


def test_the_body_goes_on_where_it_began():
    check("threads", "the body continues after an await", *ON_WORKERS)


def test_the_future_is_dropped_where_it_ran():
    check("threads", "the future is dropped at its end", *ON_WORKERS)


def test_a_cancelled_future_is_dropped_where_it_ran():
    check("threads", "the future is dropped by a cancel", *ON_WORKERS)


def test_a_function_that_rust_calls_runs_on_the_same_thread():
    check("threads", "a function runs that it calls", *ON_WORKERS)


def test_a_coroutine_that_rust_awaits_runs_on_the_thread_of_the_loop():
    check("threads", "a coroutine runs that it awaits", "the loop's")


def test_the_result_is_converted_in_the_blocking_pool_or_on_the_thread_of_the_loop():
    check("threads", "the result becomes a Python object", *IN_POOLS)


def test_the_delivery_wakes_the_loop_from_the_blocking_pool():
    question = "call_soon_threadsafe is called"
    check("threads", question, "blocking pool", "blocking pool", "the waker's")


def test_done_callbacks_run_on_the_thread_of_the_loop():
    check("threads", "a done callback of Python runs", "the loop's")


# Without the GIL, the thread that made the object drops it.
@NEEDS_GIL
def test_an_object_that_the_future_held_goes_away_during_the_delivery():
    check("threads", "__del__ runs of an object it held", *IN_POOLS)


# What is copied

AT_THE_CALL = "at the call", "at the call", "at the await"


def test_arguments_are_copied_at_the_call_or_at_the_await():
    check("copied", "a list that Rust takes as Vec<i64>", *AT_THE_CALL)


def test_a_wrong_argument_raises_at_the_call_or_at_the_await():
    check("copied", "if that fails, TypeError is raised", *AT_THE_CALL)


def test_python_objects_are_not_copied():
    check("copied", "a list that Rust takes as Py<PyAny>", "not copied")


def test_a_coroutine_sees_the_context_of_the_call_or_of_the_await():
    check("copied", "a coroutine's context variables", *AT_THE_CALL)


def test_a_function_sees_an_empty_context_or_that_of_the_awaiter():
    question = "a function's context variables"
    check("copied", question, "none", "none", "the awaiter's")


def test_a_variable_that_a_coroutine_sets_is_lost():
    check("copied", "a variable that the coroutine sets", "lost")


def test_a_variable_that_a_function_sets_is_lost_or_kept():
    check("copied", "a variable that the function sets", "lost", "lost", "kept")


def test_the_task_locals_refer_to_the_loop_itself():
    question = "the loop in its TaskLocals"
    check("copied", question, "the same loop", "the same loop", "none")


def test_a_child_has_no_task_locals():
    check("copied", "the loop in TaskLocals of its child", "none")


# What survives


def test_the_runtime_works_in_a_second_asyncio_run():
    check("survives", "its runtime, in a second run", "works")


def test_the_runtime_works_after_a_cancel():
    check("survives", "its runtime, after a cancel", "works")


def test_the_runtime_works_after_a_panic():
    check("survives", "its runtime, after a panic", "works")


def test_a_future_can_be_awaited_again_and_an_async_fn_cannot():
    question = "its result, awaited again"
    check("survives", question, "same result", "same result", "RuntimeError")


def test_a_future_belongs_to_its_loop_and_an_async_fn_does_not():
    question = "its awaitable, in a second run"
    check("survives", question, "RuntimeError", "RuntimeError", "works")


def test_a_result_for_a_closed_loop_is_lost():
    question = "its result, when the loop is closed"
    check("survives", question, "lost, reported", "lost, reported", "lost")


def test_a_child_goes_on_after_its_loop():
    check("survives", "its child, when the loop is closed", "keeps running")


# All rows


def test_tokio_and_async_std_differ_in_no_row():
    rows = [row for script in SCRIPTS for row in answers(script).values()]
    assert [row for row in rows if row[0] != row[1]] == []
    assert len(rows) == 39


def test_every_row_has_a_test():
    questions = {question for script in SCRIPTS for question in answers(script)}
    tests = Path(__file__).read_text()
    assert [question for question in questions if f'"{question}"' not in tests] == []
