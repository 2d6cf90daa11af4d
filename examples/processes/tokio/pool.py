import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

from market import PriceList


@lru_cache(maxsize=None)
def price_list():
    return PriceList()  # Starts the tokio runtime of the process that calls this.


def price(item):
    return asyncio.run(price_list().price(item))


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(mp_context=context) as pool:
        print(list(pool.map(price, ["tea", "cake"])))
