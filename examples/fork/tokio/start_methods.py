import asyncio
import multiprocessing

from counting import _native


async def main():
    return await asyncio.wait_for(_native.count_on_bridge(__file__), 3600)


def child():
    asyncio.run(main())


if __name__ == "__main__":
    asyncio.run(main())
    print("the default is", multiprocessing.get_start_method())
    for method in ("spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=child)
        process.start()
        process.join()
        print(method, "ended with", process.exitcode)
