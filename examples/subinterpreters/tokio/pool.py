"""Resolve a host in an isolated sub-interpreter of a pool."""

import asyncio
import sys

if sys.version_info < (3, 14):
    print("InterpreterPoolExecutor needs Python 3.14 or newer")
    sys.exit()

from concurrent.futures import InterpreterPoolExecutor


def resolve(host):
    import resolver

    return asyncio.run(resolver.resolve(host))


if __name__ == "__main__":
    with InterpreterPoolExecutor(max_workers=1) as interpreters:
        print(interpreters.submit(resolve, "127.0.0.1").result())
