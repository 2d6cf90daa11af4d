"""Celery's worker, with its prefork pool and with threads; a folder takes the place of the message broker."""

import billiard
import market
import pytest
from celery import Celery
from celery.exceptions import TimeoutError
from programs import HANG, Program

WITHOUT_SMALL_TALK = ["--without-gossip", "--without-mingle", "--without-heartbeat"]

CONFIGURED = """
import asyncio
import market, tasks
from celery.signals import task_prerun
from tasks import app
from settings import configure

configure(app, {folder!r})
{at_import}

named = market.RustPanic.__module__
lists = []

@task_prerun.connect
def count(**_):
    lists.append(tasks.price_list.cache_info().currsize)

@app.task(name="lists_before_the_first_task")
def lists_before_the_first_task(_):
    return lists[0]

@app.task(name="share")
def share(people):
    return market.share(6, people)

@app.task(name="share_later")
def share_later(people):
    market.RustPanic.__module__ = named
    return asyncio.run(market.share_later(6, people))

@app.task(name="share_later_without_the_line")
def share_later_without_the_line(people):
    market.RustPanic.__module__ = "pyo3_async_runtimes"
    return asyncio.run(market.share_later(6, people))
"""
SETTINGS = """
def configure(app, folder, outbox="messages"):
    app.conf.update(
        broker_url="filesystem://",
        broker_transport_options={
            "data_folder_in": f"{folder}/messages",
            "data_folder_out": f"{folder}/{outbox}",
            "control_folder": f"{folder}/control",
            "polling_interval": 0.05,
        },
        result_backend=f"file://{folder}/results",
    )
"""


class Worker:
    """Celery's worker with one process or thread for tasks, and a client that sends it some."""

    def __init__(self, folder, pool, *options, at_import=""):
        self.folder = folder
        for name in ("outbox", "messages", "control", "results"):
            (folder / name).mkdir()
        (folder / "settings.py").write_text(SETTINGS)
        (folder / "configured.py").write_text(CONFIGURED.format(folder=str(folder), at_import=at_import))
        settings = {}
        exec(SETTINGS, settings)
        self.client = Celery(set_as_current=False)
        settings["configure"](self.client, str(folder), outbox="outbox")
        arguments = ["--pool", pool, "--concurrency", "1", "--loglevel", "warning", *WITHOUT_SMALL_TALK, *options]
        command = ["-m", "celery", "--app", "configured", "worker", *arguments]
        self.program = Program(folder, *command, seconds=600, C_FORCE_ROOT="yes")

    def send(self, task, argument):
        result = self.client.send_task(task, [argument])
        # The worker takes a file that it finds, also one that the client has yet to write.
        for message in (self.folder / "outbox").iterdir():
            message.rename(self.folder / "messages" / message.name)
        return result

    def ask(self, task, argument):
        return self.send(task, argument).get(90, interval=0.02)

    def error_of(self, task, argument):
        with pytest.raises(Exception) as caught:
            self.ask(task, argument)
        return caught.value


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """Starts a worker, or takes the one that has been started with the same arguments."""
    workers = {}

    def worker(*arguments, **more):
        key = str((arguments, more))
        if key not in workers:
            workers[key] = Worker(tmp_path_factory.mktemp("celery"), *arguments, **more)
        return workers[key]

    yield worker
    for each in workers.values():
        each.program.close()


POOLS = ["prefork", "threads"]


@pytest.mark.parametrize("pool", POOLS)
def test_the_tasks_of_the_page_work_in_both_pools(worker, pool):
    assert [worker(pool).ask("tasks.price", item) for item in ("tea", "cake")] == [3, 5]


@pytest.mark.parametrize("pool, lists", [("prefork", 1), ("threads", 0)])
def test_the_signal_builds_the_list_before_the_first_task_and_a_thread_by_its_first(worker, pool, lists):
    assert worker(pool).ask("lists_before_the_first_task", None) == lists


def test_with_prefork_a_task_hangs_if_the_main_process_has_started_the_runtime(worker):
    worker = worker("prefork", "--time-limit", str(HANG), at_import="tasks.price_list()")
    error = worker.error_of("tasks.price", "tea")
    assert (type(error).__name__, str(error)) == ("TimeLimitExceeded", f"TimeLimitExceeded({HANG}.0,)")
    worker.program.line_with(f"Hard time limit ({HANG}.0s) exceeded for tasks.price[")


def test_with_threads_nothing_is_forked_and_the_task_works(worker):
    worker = worker("threads", at_import="asyncio.run(market.Shop().price('tea'))")
    assert worker.ask("tasks.price", "tea") == 3


@pytest.mark.parametrize("pool", POOLS)
def test_in_celery_a_rust_panic_arrives_as_itself(worker, pool):
    error = worker(pool).error_of("share_later", 0)
    assert (type(error), str(error)) == (market.RustPanic, "rust future panicked: unknown error")


@pytest.mark.parametrize("pool", POOLS)
def test_in_celery_without_that_line_it_arrives_as_unpickleable_exception_wrapper(worker, pool):
    error = worker(pool).error_of("share_later_without_the_line", 0)
    assert type(error).__name__ == "UnpickleableExceptionWrapper"
    assert "rust future panicked: unknown error" in str(error)


def test_in_celerys_prefork_pool_a_panic_exception_becomes_an_error_by_its_release(worker):
    worker = worker("prefork")
    error = worker.error_of("share", 0)
    if billiard.VERSION < (4, 3):
        assert type(error).__name__ == "WorkerLostError"
    else:
        assert type(error).__name__ == "MaybeEncodingError"
        assert "pyo3_runtime.PanicException" in str(error)
    assert worker.ask("share", 2) == 3


def test_in_celerys_threads_the_result_of_a_task_that_panics_never_comes(worker):
    worker = worker("threads")
    lost = worker.send("share", 0)
    # Rust's panics on threads of its own have another name there.
    worker.program.line_with("thread '<unnamed>'")
    # The only thread of the pool is free again.
    assert worker.ask("share", 2) == 3
    with pytest.raises(TimeoutError):
        lost.get(HANG, interval=0.02)
