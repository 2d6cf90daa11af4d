"""Where work may keep its thread, a test for each sentence."""

import asyncio
import os
import signal
import subprocess
import sys

import lines
import pytest
from lines import _native

# One worker, so that what keeps a worker keeps all of tokio. `place` gives what its work has seen.
COMMON = """
import asyncio, os
os.environ["TOKIO_WORKER_THREADS"] = "1"
from lines import _native

async def turn(seconds=0.001):
    while True:
        _native.turn()
        await asyncio.sleep(seconds)

async def in_turns(future, *arguments, pause=0.001):
    turning = asyncio.create_task(turn(pause))
    await asyncio.sleep(0.1)
    result = await future(*arguments)
    turning.cancel()
    return result

def place(function, *arguments):
    async def main():
        _native.start_beating()
        return await in_turns(function, *arguments)
    return asyncio.run(main())
"""


def run(program):
    return subprocess.run(
        [sys.executable, "-c", COMMON + program], capture_output=True, text=True, timeout=120
    )


def printed(program):
    ended = run(program)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


def test_work_in_the_function_itself_stops_the_loop():
    seen = printed("turns, beats = place(_native.on_loop, 60, (0, 5)); print(turns, beats >= 5)")
    assert seen == ["0 True"]


def test_to_detach_does_not_help_the_loop():
    program = "turns, beats = place(_native.on_loop_detached, 60, (0, 5)); print(turns, beats >= 5)"
    assert printed(program) == ["0 True"]


def test_work_in_the_future_stops_the_worker_and_not_the_loop():
    program = "turns, beats = place(_native.in_future, 60, (200, 0)); print(turns >= 200, beats)"
    assert printed(program) == ["True 0"]


@pytest.mark.parametrize("function", ["on_blocking_thread", "on_rayon"])
def test_work_on_a_thread_for_it_stops_neither(function):
    program = f"turns, beats = place(_native.{function}, 60, (20, 5)); print(turns >= 20, beats >= 5)"
    assert printed(program) == ["True True"]


def test_a_panic_on_rayon_goes_on_in_the_future():
    async def main():
        await _native.panic_on_rayon(True)

    with pytest.raises(Exception) as caught:
        asyncio.run(main())
    assert type(caught.value).__name__ == "RustPanic"
    assert str(caught.value) == "rust future panicked: unknown error"


ABORTS = """
async def main():
    await _native.panic_on_rayon(False)
    await asyncio.sleep(20)

asyncio.run(main())
"""


def test_a_panic_that_nobody_catches_on_rayon_ends_the_process():
    ended = run(ABORTS)
    assert ended.returncode == -signal.SIGABRT or sys.platform == "win32"
    assert "no lines" in ended.stderr
    assert "Rayon: detected unexpected panic; aborting" in ended.stderr


def test_lines_are_counted_on_all_threads_of_rayon():
    text = b"tea\n" * 100_000
    assert asyncio.run(lines.count(text)) == text.count(b"\n")
    assert asyncio.run(lines.count(b"")) == 0


async def addresses(function, text):
    return (await function(text))[1]


def test_bytes_are_borrowed_by_the_thread_that_counts():
    text = os.urandom(4096)
    assert asyncio.run(addresses(_native.count, text)) == _native.address_of(text)


def test_a_vec_is_a_copy():
    text = os.urandom(4096)
    assert asyncio.run(addresses(_native.count_copied, text)) != _native.address_of(text)


def test_bytes_that_python_drops_meanwhile_stay():
    async def main():
        counting = _native.count(b"".join([b"tea\n"] * 1000))
        return (await counting)[0]

    assert asyncio.run(main()) == 1000


def test_a_bytearray_is_copied_so_that_python_may_change_it():
    async def main():
        text = bytearray(b"tea\n" * 1000)
        counting = _native.count(text)
        text.clear()
        return (await counting)[0]

    assert asyncio.run(main()) == 1000


def test_a_view_of_memory_is_refused():
    async def main():
        await _native.count(memoryview(b"tea\n"))

    with pytest.raises(TypeError) as caught:
        asyncio.run(main())
    assert "'memoryview' object" in str(caught.value)


def test_the_loop_makes_no_turn_while_a_list_is_made_of_a_large_result():
    program = "print(asyncio.run(in_turns(_native.offsets_whole, 300_000, pause=0))[1])"
    assert printed(program) == ["0"]


def test_the_loop_makes_turns_between_the_pieces():
    program = "print(asyncio.run(in_turns(_native.offsets_in_pieces, 1_000_000, pause=0))[1] > 0)"
    assert printed(program) == ["True"]


@pytest.mark.parametrize("function", [_native.offsets_whole, _native.offsets_in_pieces])
def test_both_lists_are_the_same(function):
    async def main():
        return (await function(2500))[0]

    assert asyncio.run(main()) == list(range(2500))
