"""The entry points of asyncio that are not the same on every Python."""

import asyncio
import sys

import pytest
from asker import _native, call_rust_sleep


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.TaskGroup is new in Python 3.11")
def test_a_task_group_takes_the_coroutine_and_refuses_the_future():
    async def main():
        future = _native.call_rust_sleep(0)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(call_rust_sleep(0))
            with pytest.raises(TypeError, match="^a coroutine was expected, got <Future"):
                group.create_task(future)
        assert task.done()
        await future

    asyncio.run(main())


def test_wait_takes_the_future():
    async def main():
        future = _native.call_rust_sleep(0)
        assert await asyncio.wait([future]) == ({future}, set())

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before Python 3.11 it takes it")
def test_wait_refuses_the_coroutine_from_python_3_11_on():
    async def main():
        coroutine = call_rust_sleep(0)
        with pytest.raises(TypeError) as caught:
            await asyncio.wait([coroutine])
        assert str(caught.value) == "Passing coroutines is forbidden, use tasks explicitly."
        coroutine.close()

    asyncio.run(main())


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="from Python 3.11 on it refuses it")
def test_wait_still_takes_the_coroutine_before_python_3_11():
    async def main():
        with pytest.warns(DeprecationWarning):
            done, _ = await asyncio.wait([call_rust_sleep(0)])
        assert len(done) == 1

    asyncio.run(main())
