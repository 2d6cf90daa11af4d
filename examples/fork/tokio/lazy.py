import asyncio
import multiprocessing

from counting import _native


async def main(name):
    print(name, "has counted", await _native.count_on_bridge(__file__), "lines", flush=True)


def child():
    asyncio.run(main("child"))


if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()  # The parent has imported the module, and awaited nothing.
    process.join()
    asyncio.run(main("parent"))
