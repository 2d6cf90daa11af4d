import queue
import signal

from quotes import LoopThread, price


async def show_price(item, window):
    window.put(f"{item} costs {await price(item)}")


def show(window):
    """The loop of the window, on the main thread; `None` closes it."""
    while True:
        try:
            line = window.get(timeout=0.016)
        except queue.Empty:
            continue
        if line is None:
            return
        print(line)


window = queue.SimpleQueue()
with LoopThread() as background:
    asking = background.submit(show_price("tea", window))
    asking.add_done_callback(lambda _: window.put(None))
    before = signal.signal(signal.SIGINT, lambda *_: asking.cancel())
    try:
        show(window)
    finally:
        signal.signal(signal.SIGINT, before)
print("the window is closed")
