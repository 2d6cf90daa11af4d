import asyncio
import multiprocessing
import sys

from counting import _native


async def main():
    await _native.count_guarded(__file__)


def child():
    asyncio.run(main())


if __name__ == "__main__":
    asyncio.run(main())
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    sys.exit(process.exitcode)
