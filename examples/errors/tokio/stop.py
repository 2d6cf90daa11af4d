import asyncio

from relay import _native


def report(loop, context):
    print("the loop reports:", repr(context["exception"]))


async def main():
    asyncio.get_running_loop().set_exception_handler(report)
    for end in (_native.stop_async, _native.stop):
        try:
            await asyncio.wait_for(end(), timeout=5)
        except asyncio.TimeoutError:
            print(f"{end.__name__}: the await has not ended in 5 seconds")
        except Exception as error:
            print(f"{end.__name__}: {error!r}")


asyncio.run(main())
