import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from market import share, share_later


def share_in_worker(price, people):
    return asyncio.run(share_later(price, people))


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        for function in (share_in_worker, share):
            error = pool.submit(function, 6, 0).exception()
            print(f"{type(error).__name__}: {error}", flush=True)
