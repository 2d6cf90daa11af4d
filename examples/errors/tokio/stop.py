import asyncio

from relay import _native


async def main():
    # A Python that refuses the exception reports that to the loop.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    for end in (_native.stop_async, _native.stop):
        try:
            await asyncio.wait_for(end(), timeout=5)
        except StopAsyncIteration as error:
            print(f"{end.__name__}: {error!r}")
        except (asyncio.TimeoutError, RuntimeError):
            print(f"{end.__name__}: StopIteration has not arrived")


asyncio.run(main())
