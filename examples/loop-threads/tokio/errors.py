import asyncio
import signal

from quotes import LoopThread, _native


def try_to(what, function, *arguments):
    try:
        function(*arguments)
    except (RuntimeError, ValueError) as error:
        print(f"{what}:\n{type(error).__name__}: {error}")


async def on_the_loop(function, *arguments):
    return function(*arguments)


with LoopThread() as background:

    def there(function, *arguments):
        background.submit(on_the_loop(function, *arguments)).result()

    on_signal = background.loop.add_signal_handler
    try_to("add a signal handler on the other thread", there, on_signal, signal.SIGINT, print)
    try_to("set a signal handler on the other thread", there, signal.signal, signal.SIGINT, print)
    try_to("call the Rust function on the main thread", _native.price, "tea")
    unfinished = background.loop.create_future()
    try_to("run the loop a second time", background.loop.run_until_complete, unfinished)
