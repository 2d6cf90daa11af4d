import asyncio

from feed import _native


async def main():
    loop = asyncio.get_running_loop()
    # Debug mode also reports turns that take long, as on a busy machine.
    loop.slow_callback_duration = 3600
    came = loop.create_future()
    came.add_done_callback(lambda came: print("the price is", came.result()))
    await _native.call_on_loop(came.set_result)
    await came


asyncio.run(main(), debug=True)
