"""Import the module in a legacy sub-interpreter, then use it in the main one."""

import asyncio
import sys

# Private modules of CPython: servers create such interpreters from C.
if sys.version_info >= (3, 13):
    from _interpreters import create, destroy, exec as run

    legacy = create("legacy")
else:
    from _xxsubinterpreters import create, destroy, run_string as run

    legacy = create(isolated=False)

IMPORT = """
try:
    import strict_resolver
except ImportError as error:
    print("legacy sub-interpreter:", error, flush=True)
"""

run(legacy, IMPORT)
destroy(legacy)

import strict_resolver

print("main interpreter:", asyncio.run(strict_resolver.resolve("127.0.0.1")))
