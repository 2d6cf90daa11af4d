import asyncio

from call_listeners import call_here


async def main():
    loop = asyncio.get_running_loop()
    # Debug mode also reports slow callbacks, as on a busy machine.
    loop.slow_callback_duration = 3600
    came = loop.create_future()
    came.add_done_callback(lambda came: print("the price is", came.result()))
    await call_here(came.set_result)
    await came


asyncio.run(main(), debug=True)
