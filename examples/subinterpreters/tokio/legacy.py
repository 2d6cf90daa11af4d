"""Resolve a host in a legacy sub-interpreter."""

import sys

# Private modules of CPython: servers create such interpreters from C.
if sys.version_info >= (3, 13):
    from _interpreters import create, destroy, exec as run

    legacy = create("legacy")
else:
    from _xxsubinterpreters import create, destroy, run_string as run

    legacy = create(isolated=False)

RESOLVE = """
import asyncio, ipaddress, resolver

address = asyncio.run(resolver.resolve("127.0.0.1"))
same = type(address) is ipaddress.IPv4Address
print(f"{type(address)} is ipaddress.IPv4Address: {same}", flush=True)
"""

run(legacy, RESOLVE)
destroy(legacy)
