"""Import the module in a legacy sub-interpreter, which ends, and continue in the main one."""

import asyncio
import sys

import resolver

if sys.version_info >= (3, 13):
    from _interpreters import create, destroy, exec as run

    legacy = create("legacy")
else:
    from _xxsubinterpreters import create, destroy, run_string as run

    legacy = create(isolated=False)

print("before:", asyncio.run(resolver.resolve("127.0.0.1")))

run(legacy, "import resolver")
destroy(legacy)

try:
    asyncio.run(asyncio.wait_for(resolver.resolve("127.0.0.1"), timeout=2))
except asyncio.TimeoutError:
    print("after: no address within two seconds")
