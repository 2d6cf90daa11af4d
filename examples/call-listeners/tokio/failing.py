import asyncio

from call_listeners import call_here, call_on_loop


def fails(price):
    raise ValueError(f"I do not like {price}")


def report(loop, context):
    print("the loop's handler:", repr(context["exception"]))


async def main():
    asyncio.get_running_loop().set_exception_handler(report)
    try:
        await call_here(fails)
    except ValueError as error:
        print("the await:", repr(error))
    await call_on_loop(fails)


asyncio.run(main())
