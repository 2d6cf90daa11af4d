"""What every version of the module does, a test for each sentence."""

import asyncio
import time

import pytest
from measuring import _native, length_of, rust_sleep


async def answer(text):
    await asyncio.sleep(0)
    return text


async def failure():
    await asyncio.sleep(0)
    raise ValueError("no answer")


def test_it_sleeps_as_long_as_it_was_told():
    start = time.monotonic()
    assert asyncio.run(rust_sleep(0.1)) is None
    assert time.monotonic() - start >= 0.1


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(-1, "value is negative"), (float("nan"), "value is either too big or NaN")],
)
def test_a_time_that_is_none_raises_value_error(seconds, why):
    with pytest.raises(ValueError) as caught:
        asyncio.run(rust_sleep(seconds))
    assert str(caught.value) == f"cannot convert float seconds to Duration: {why}"


def test_a_coroutine_is_awaited_in_rust():
    assert asyncio.run(length_of(answer("twelve chars"))) == 12


def test_the_exception_of_the_coroutine_comes_back():
    with pytest.raises(ValueError) as caught:
        asyncio.run(length_of(failure()))
    assert str(caught.value) == "no answer"


def test_an_exception_of_rust_comes_back():
    with pytest.raises(TypeError) as caught:
        asyncio.run(length_of(answer(None)))
    assert str(caught.value) == "object of type 'NoneType' has no len()"


def test_the_rust_function_needs_a_running_loop():
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(_native.rust_sleep(0))
    assert str(caught.value) == "no running event loop"
