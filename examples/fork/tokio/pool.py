import asyncio
import glob
import multiprocessing

from counting import count


def count_in_worker(path):
    return asyncio.run(count(path))


if __name__ == "__main__":
    paths = sorted(glob.glob("*.py"))
    here = [asyncio.run(count(path)) for path in paths]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        there = pool.map(count_in_worker, paths)
    print("the pool has counted the same:", there == here)
