"""Celery's worker, with its prefork pool and with threads; a folder takes the place of the message broker."""

import market
import pytest
from celery import Celery
from celery.exceptions import TimeoutError

WITHOUT_SMALL_TALK = ["--without-gossip", "--without-mingle", "--without-heartbeat"]

CONFIGURED = """
import asyncio
import market, tasks
from tasks import app
from settings import configure

configure(app, {folder!r})
{at_import}

@app.task(name="share")
def share(people):
    return market.share(6, people)

@app.task(name="share_later_without_the_line")
def share_later_without_the_line(people):
    market.RustPanic.__module__ = "pyo3_async_runtimes"
    return share_later(people)

@app.task(name="share_later")
def share_later(people):
    return asyncio.run(market.share_later(6, people))
"""
SETTINGS = """
def configure(app, folder):
    app.conf.update(
        broker_url="filesystem://",
        broker_transport_options={
            "data_folder_in": f"{folder}/messages",
            "data_folder_out": f"{folder}/messages",
            "control_folder": f"{folder}/control",
            "polling_interval": 0.05,
        },
        result_backend=f"file://{folder}/results",
    )
"""


@pytest.fixture
def ask(tmp_path, start):
    """Starts a worker; sends it a task, and gets its result."""
    for name in ("messages", "control", "results"):
        (tmp_path / name).mkdir()
    (tmp_path / "settings.py").write_text(SETTINGS)
    settings = {}
    exec(SETTINGS, settings)
    client = Celery()
    settings["configure"](client, str(tmp_path))

    def begin(pool, *options, at_import=""):
        (tmp_path / "configured.py").write_text(CONFIGURED.format(folder=str(tmp_path), at_import=at_import))
        arguments = ["--pool", pool, "--concurrency", "1", "--loglevel", "warning", *WITHOUT_SMALL_TALK, *options]
        program = start("-m", "celery", "--app", "configured", "worker", *arguments, C_FORCE_ROOT="yes")

        def ask(task, argument, seconds=90):
            return client.send_task(task, [argument]).get(seconds, interval=0.02)

        ask.program = program
        return ask

    return begin


def outcome(ask, *arguments):
    with pytest.raises(Exception) as caught:
        ask(*arguments)
    return caught.value


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_the_tasks_of_the_page_work_in_both_pools(ask, pool):
    ask = ask(pool)
    assert [ask("tasks.price", item) for item in ("tea", "cake")] == [3, 5]


STARTS = {"a list": "tasks.price_list()", "an await": "asyncio.run(market.Shop().price('tea'))"}


@pytest.mark.parametrize("at_import", STARTS.values(), ids=STARTS)
def test_with_prefork_a_task_hangs_if_the_main_process_has_started_the_runtime(ask, at_import):
    ask = ask("prefork", "--time-limit", "2", at_import=at_import)
    error = outcome(ask, "tasks.price", "tea")
    assert (type(error).__name__, str(error)) == ("TimeLimitExceeded", "TimeLimitExceeded(2.0,)")
    ask.program.line_with("Hard time limit (2.0s) exceeded for tasks.price[")


@pytest.mark.parametrize("at_import", STARTS.values(), ids=STARTS)
def test_with_threads_nothing_is_forked_and_the_task_works(ask, at_import):
    assert ask("threads", at_import=at_import)("tasks.price", "tea") == 3


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_in_celery_a_rust_panic_arrives_as_itself(ask, pool):
    error = outcome(ask(pool), "share_later", 0)
    assert (type(error), str(error)) == (market.RustPanic, "rust future panicked: unknown error")


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_in_celery_without_that_line_it_arrives_as_unpickleable_exception_wrapper(ask, pool):
    error = outcome(ask(pool), "share_later_without_the_line", 0)
    assert type(error).__name__ == "UnpickleableExceptionWrapper"
    assert "rust future panicked: unknown error" in str(error)


def test_in_celerys_prefork_pool_a_panic_exception_becomes_maybe_encoding_error(ask):
    ask = ask("prefork")
    error = outcome(ask, "share", 0)
    assert type(error).__name__ == "MaybeEncodingError"
    assert "pyo3_runtime.PanicException" in str(error)
    assert ask("share", 2) == 3


def test_in_celerys_threads_the_result_of_a_task_that_panics_never_comes(ask):
    ask = ask("threads")
    assert ask("share", 2) == 3
    with pytest.raises(TimeoutError):
        ask("share", 0, 2)
    assert ask("share", 3) == 2

