"""Prices from Rust, and an event loop for programs whose main thread belongs to something else."""

import asyncio
import threading
from asyncio import AbstractEventLoop
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Callable, Optional, TypeVar

from . import _native

__all__ = ["LoopThread", "cheapest", "price"]

_T = TypeVar("_T")
Shop = tuple[AbstractEventLoop, Callable[[str], Coroutine[Any, Any, int]]]


async def price(item: str) -> int:
    """Ask for the price of an item; KeyError if the shop doesn't have it."""
    return await _native.price(item)


async def cheapest(shops: Sequence[Shop], item: str) -> Optional[int]:
    """Ask each shop on its event loop, all at the same time; None if there is no shop."""
    return await _native.cheapest(shops, item)


# ANCHOR: loop_thread
class LoopThread:
    """An asyncio event loop on a thread of its own, for the time of a `with` block."""

    def __init__(
        self, new_event_loop: Callable[[], AbstractEventLoop] = asyncio.new_event_loop
    ) -> None:
        self.loop = new_event_loop()
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, name="asyncio")

    def __enter__(self) -> "LoopThread":
        self._thread.start()
        return self

    def submit(self, coroutine: Coroutine[Any, Any, _T]) -> "Future[_T]":
        """Start a coroutine from any other thread; the future has its result, and can cancel it.

        Keep the future until then: the loop has only a weak reference to the task.
        """
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def __exit__(self, *_: object) -> None:
        """Cancel the tasks that are left, close the loop, and wait for the end of the thread.

        An exception that ended the loop earlier, such as SystemExit, is raised.
        """
        try:
            self.loop.call_soon_threadsafe(self.loop.stop)
        except RuntimeError:
            pass  # The loop has ended already.
        finally:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            try:
                self.loop.run_forever()
            finally:
                self._end()
        except BaseException as error:
            self._error = error

    def _end(self) -> None:
        ending = self.loop.create_task(self._end_tasks())
        ending.add_done_callback(lambda _: self.loop.stop())
        # The `stop` of `__exit__` comes meanwhile if an exception has ended the loop.
        while not ending.done():
            self.loop.run_forever()
        self.loop.close()

    async def _end_tasks(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()):
                context = {"message": "a task failed at the end", "exception": error, "task": task}
                self.loop.call_exception_handler(context)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()
# ANCHOR_END: loop_thread
