import asyncio

from intake import _native


async def prices():
    yield 20
    yield 10
    raise ValueError("the third price is missing")


def report(loop, context):
    print(context["message"], repr(context["exception"]), sep=": ")


async def main():
    asyncio.get_running_loop().set_exception_handler(report)
    print("total:", await _native.total_v2(prices()))


asyncio.run(main())
