import asyncio
from functools import lru_cache

from celery import Celery
from celery.signals import worker_process_init
from market import PriceList

app = Celery("tasks")


@lru_cache(maxsize=None)
def price_list():
    return PriceList()


@worker_process_init.connect
def fetch_prices(**_):
    price_list()  # In each worker process, before its first task.


@app.task
def price(item):
    return asyncio.run(price_list().price(item))


if __name__ == "__main__":
    print(price("coffee"))  # Without a worker.
