import asyncio
import time

from letterbox import _native


class Counting(asyncio.SelectorEventLoop):
    """Counts how often it is woken for a result."""

    woken = 0

    def call_soon_threadsafe(self, *arguments, **options):
        self.woken += 1
        return super().call_soon_threadsafe(*arguments, **options)

    def add_reader(self, file, callback):
        def counted():
            self.woken += 1
            callback()

        super().add_reader(file, counted)


async def main(function):
    futures = [function(code) for code in range(1000)]
    # The loop is busy, and tokio answers all of them meanwhile.
    time.sleep(1)
    await asyncio.gather(*futures)
    woken = asyncio.get_running_loop().woken
    print(f"{function.__name__}: 1000 results, wake-ups: {woken}")


for function in (_native.bridged, _native.delivered):
    loop = Counting()
    loop.run_until_complete(main(function))
    loop.close()
