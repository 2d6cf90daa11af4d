"""What the guide says of a module for the main interpreter only, a test for each sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
VERSION = sys.version_info
ISOLATED = "module strict_resolver._native does not support loading in subinterpreters"
GUARD = "strict_resolver works in the main interpreter only, not in sub-interpreter 1"

# A program that hangs is ended by faulthandler, with exit code 1.
COMMON = """
import asyncio, faulthandler, sys
faulthandler.dump_traceback_later(60, exit=True)

if sys.version_info >= (3, 13):
    import _interpreters
    from _interpreters import create, destroy, exec as run
else:
    import _xxsubinterpreters
    from _xxsubinterpreters import destroy, run_string as run

    def create(kind):
        return _xxsubinterpreters.create(isolated=kind == "isolated")

IMPORT = '''
try:
    import strict_resolver
except ImportError as error:
    print(type(error).__name__, error, sep="|", flush=True)
'''

def awaited():
    import strict_resolver
    return asyncio.run(asyncio.wait_for(strict_resolver.resolve("127.0.0.1"), 30))
"""


def printed(program):
    command = [sys.executable, "-W", "ignore", "-c", COMMON + program]
    run = subprocess.run(command, capture_output=True, text=True, cwd=HERE, timeout=120)
    assert (run.returncode, run.stderr) == (0, ""), (run.returncode, run.stderr)
    return run.stdout.splitlines()


@pytest.mark.parametrize("before", ["", "awaited()"], ids=["first import", "main first"])
def test_a_legacy_interpreter_cannot_import_it(before):
    assert printed(f"""{before}
legacy = create("legacy")
run(legacy, IMPORT)
destroy(legacy)
""") == [f"ImportError|{GUARD}"]


@pytest.mark.parametrize("before", ["", "awaited()"], ids=["first import", "main first"])
@pytest.mark.parametrize("kind", ["legacy", "isolated"])
def test_the_main_interpreter_awaits_after_the_other_one_has_ended(kind, before):
    said = printed(f"""{before}
other = create("{kind}")
run(other, IMPORT)
run(other, IMPORT)
destroy(other)
print(awaited())
""")
    refusal = ISOLATED if kind == "isolated" and VERSION >= (3, 12) else GUARD
    assert said == [f"ImportError|{refusal}"] * 2 + ["127.0.0.1"]


def test_an_isolated_interpreter_cannot_either_and_from_3_12_on_python_says_so():
    assert printed("""
isolated = create("isolated")
run(isolated, IMPORT)
destroy(isolated)
""") == [f"ImportError|{GUARD if VERSION < (3, 12) else ISOLATED}"]


def test_threads_of_the_main_interpreter_import_it():
    assert printed("""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as threads:
    print(*threads.map(lambda _: awaited(), range(2)))
""") == ["127.0.0.1 127.0.0.1"]
