"""Use several processes, or several threads, instead of several interpreters."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import resolver

HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


def resolve(host):
    return asyncio.run(resolver.resolve(host))


if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=2, mp_context=spawn) as processes:
        print("processes:", *processes.map(resolve, HOSTS))

    with ThreadPoolExecutor(max_workers=2) as threads:
        print("threads:", *threads.map(resolve, HOSTS))
