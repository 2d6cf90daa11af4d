"""What a crossing costs beside other ways, from one short run of the runner, a test for each sentence.

Times are compared within the run, round by round, and with much slack: the order is the claim.
"""

import asyncio
import json
import os
import subprocess
import sys
import sysconfig

import pytest
from crossing import _native, bench

needs_proc = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="Windows and macOS have no /proc"
)
NEEDS_GIL = pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="needs the GIL")
RUNNER = [sys.executable, "-m", "crossing.bench"]


def runner(*arguments):
    return subprocess.run([*RUNNER, *arguments], capture_output=True, text=True, timeout=300)


IN_FLIGHT = """
import asyncio, os, sys
from crossing import _native

async def main():
    way = getattr(_native, sys.argv[1])
    await asyncio.gather(*[way() for _ in range(10_000)])
    threads = len(os.listdir("/proc/self/task"))
    # Also those of the workers and of Python.
    print(threads > 100, threads <= 32 + os.cpu_count() + 1)

asyncio.run(main())
"""

ALONE = """
import sys
sys.modules["rates"] = sys.modules["letterbox"] = sys.modules["crossing_before"] = None
from crossing import bench
print(bench.rows()[1])
"""


def program(text, *arguments):
    command = [sys.executable, "-c", text, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def cost(tmp_path_factory):
    """The median time of a call in a way, with so many in flight, on asyncio."""
    results = tmp_path_factory.mktemp("bench") / "results.json"
    ended = runner("--quick", "--loop", "asyncio", "--json", str(results))
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(results.read_text())["rows"]
    times = {(row["name"], row["in_flight"]): row["ratio"] for row in rows}
    return lambda name, in_flight=1: times[name, in_flight]


def test_the_module_is_a_release_build():
    assert _native.OPTIMISED


def test_the_bridge_costs_more_than_three_asyncio_futures(cost):
    assert cost("bridge") > 3 * cost("future") == 3


def test_a_ready_async_fn_costs_less_than_a_twentieth_of_the_bridge(cost):
    assert cost("bridge") > 20 * cost("polled")


def test_one_more_turn_of_the_loop_costs_less_than_a_third_of_the_bridge(cost):
    assert cost("bridge") > 3 * cost("polled-twice") > 3 * cost("polled")


def test_a_call_from_another_thread_costs_more_than_one_on_the_loop(cost):
    assert cost("from-thread") > 1.5 * cost("on-loop")


def test_an_answer_that_wakes_the_loop_costs_more_than_one_on_the_loop(cost):
    assert cost("polled-later") > 1.5 * cost("on-loop")


def test_a_task_inside_tokio_costs_less_than_a_third_of_the_bridge(cost):
    assert cost("bridge") > 3 * cost("rust-only")


def test_to_await_python_from_rust_costs_more_than_two_asyncio_futures(cost):
    assert cost("into-future") > 2


def test_an_item_in_a_batch_costs_less_than_a_tenth_of_one_alone(cost):
    assert cost("stream-item") > 10 * cost("stream-batch")


def test_a_callback_costs_less_than_half_if_the_thread_is_attached_already(cost):
    # The factor was 5 on CPython 3.9 and hundreds on 3.11.
    assert cost("attach-each") > 2 * cost("attach-once")


@needs_proc
def test_ten_thousand_calls_in_flight_start_hundreds_of_threads_of_async_std_and_32_of_tokio():
    assert program(IN_FLIGHT, "bridge_async_std").stdout == "True False\n"
    assert program(IN_FLIGHT, "bridge").stdout == "False True\n"


HELD_UP = """
import asyncio, os, sys, threading
from crossing import _native

limit = int(os.environ["CROSSING_BLOCKING_THREADS"])
go = threading.Event()

async def main():
    started = threading.Semaphore(0)

    def blocks():
        started.release()
        go.wait()

    jobs = [_native.attach_once(blocks, 1) for _ in range(limit - 1)]
    for _ in jobs:
        await asyncio.to_thread(started.acquire)
    await _native.bridge()
    jobs.append(_native.attach_once(blocks, 1))
    await asyncio.to_thread(started.acquire)
    held_up = asyncio.ensure_future(_native.bridge())
    print(await asyncio.wait([held_up], timeout=0.5) == (set(), {held_up}))
    go.set()
    await asyncio.gather(held_up, *jobs)

asyncio.run(main())
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("limit", [1, 4, 32])
def test_as_many_blocking_jobs_as_there_may_be_threads_hold_up_an_await(limit, monkeypatch):
    monkeypatch.setenv("CROSSING_BLOCKING_THREADS", str(limit))
    ended = program(HELD_UP)
    assert (ended.stdout, ended.stderr) == ("True\n", "")


# The threads wait for the GIL.
@NEEDS_GIL
def test_a_limit_of_512_blocking_threads_costs_more_processor_time_than_one_of_32(monkeypatch):
    took = {}
    for limit in (32, 512):
        monkeypatch.setenv("CROSSING_BLOCKING_THREADS", str(limit))
        took[limit] = json.loads(runner("--limited", "10000").stdout)["asyncio"]
    assert took[512] > 1.3 * took[32]


@needs_proc
def test_a_bridged_call_in_flight_holds_more_than_an_asyncio_future():
    bytes_of = {}
    for name in ["future", "bridge"]:
        ended = runner("--memory", name)
        assert ended.stderr == ""
        bytes_of[name] = json.loads(ended.stdout)
    assert bytes_of["bridge"] > 2 * bytes_of["future"] > 0


def test_asyncio_writes_to_its_socket_for_each_call_from_a_thread(monkeypatch):
    written = []

    async def main():
        loop = asyncio.get_running_loop()
        write = loop._write_to_self
        monkeypatch.setattr(loop, "_write_to_self", lambda: (written.append(1), write()))
        await asyncio.gather(*[_native.from_thread() for _ in range(20)])

    asyncio.run(main())
    assert len(written) == 20


@pytest.mark.parametrize(
    "way",
    [
        "bridge",
        "bridge_hop",
        "bridge_async_std",
        "polled",
        "polled_twice",
        "polled_worker",
        "polled_later",
        "polled_spawned",
        "done",
        "on_loop",
        "from_thread",
    ],
)
def test_each_way_gives_none_one_by_one_and_at_once(way):
    call = getattr(_native, way)

    async def main():
        return [await call()] + await asyncio.gather(*[call() for _ in range(200)])

    assert asyncio.run(main()) == 201 * [None]


def test_a_coroutine_that_is_ready_gives_the_loop_no_turn():
    async def main(call):
        turns = []
        asyncio.get_running_loop().call_soon(turns.append, call)
        await call()
        return len(turns)

    assert asyncio.run(main(_native.polled)) == 0
    assert asyncio.run(main(_native.polled_twice)) == 1


def test_an_answer_that_comes_later_comes_after_a_turn_of_the_loop():
    async def main():
        turns = []
        asyncio.get_running_loop().call_soon(turns.append, 1)
        await _native.polled_later()
        return turns

    assert asyncio.run(main()) == [1]


def test_all_items_arrive_in_order_one_by_one_and_in_batches():
    async def main():
        one_by_one = [item async for item in _native.Items(5)]
        items = _native.Items(5)
        return one_by_one, [await items.batch(3) for _ in range(3)]

    assert asyncio.run(main()) == ([4, 3, 2, 1, 0], [[4, 3, 2], [1, 0], []])


@pytest.mark.parametrize("way", ["await_python", "attach_each", "attach_once"])
def test_rust_calls_python_as_often_as_asked(way):
    called = []

    async def coroutine():
        called.append(1)

    function = coroutine if way == "await_python" else lambda: called.append(1)

    async def main():
        await getattr(_native, way)(function, 7)

    asyncio.run(main())
    assert len(called) == 7


def test_an_error_of_the_callback_ends_the_calls():
    async def main():
        await _native.attach_each(lambda: 1 / 0, 7)

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(main())
    assert str(caught.value) == "division by zero"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--only", "lost"], "no row is called lost: there are plain, future, executor, "),
        (["--processes", "0"], "argument --processes: invalid number value: '0'\n"),
        (["--loop", "lost"], "argument --loop: invalid choice: 'lost' (choose from"),
        (["--fast"], "unrecognized arguments: --fast\n"),
        (["--quick", "--json", "lost/results.json"], "cannot write lost/results.json: "),
    ],
)
def test_the_runner_refuses_bad_input_in_one_line(arguments, line):
    ended = runner(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("crossing.bench: " + line)
    assert ended.stderr.count("\n") == 1


def test_the_runner_refuses_a_module_that_is_not_a_release_build(monkeypatch, capsys):
    monkeypatch.setattr(_native, "OPTIMISED", False)
    monkeypatch.setattr(sys, "argv", ["bench"])
    with pytest.raises(SystemExit):
        bench.main()
    assert capsys.readouterr().err == (
        "crossing.bench: crossing was built without optimisation:"
        " `maturin develop --release` builds it with\n"
    )


def test_the_runner_says_in_a_line_which_module_is_missing():
    ended = program(ALONE)
    assert ended.stderr == ""
    assert ended.stdout == (
        "['bridge-before: crossing_before is not installed', 'rates-*: rates is not installed',"
        " 'letterbox-*: letterbox is not installed']\n"
    )
