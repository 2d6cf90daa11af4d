"""Runs pytest on a suite of its own, in another process."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

import pytest

HERE = Path(__file__).parent.parent
CONFTEST = (HERE / "tests" / "conftest.py").read_text()

HAS_HOOK = tuple(map(int, version("pytest-asyncio").split(".")[:2])) >= (1, 4)
NEEDS_HOOK = pytest.mark.skipif(not HAS_HOOK, reason="needs Python 3.10, which has pytest-asyncio 1.4")
NEEDS_NO_HOOK = pytest.mark.skipif(HAS_HOOK, reason="needs Python 3.9, whose pytest-asyncio is older than 1.4")
NEEDS_PYTEST_9 = pytest.mark.skipif(int(version("pytest").split(".")[0]) < 9, reason="needs pytest 9")
NEEDS_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed")
ON_EACH_LOOP = pytest.mark.parametrize("loop", ["asyncio", pytest.param("uvloop", marks=NEEDS_UVLOOP)])

# The default of every event loop that is made after it.
ON_UVLOOP = """
import asyncio, uvloop, warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
"""

SETTINGS = {
    "asyncio_mode": "auto",
    "asyncio_default_fixture_loop_scope": "session",
    "asyncio_default_test_loop_scope": "session",
}


class Suite:
    """What pytest has printed, its exit code, and the verdicts of each test, under its name."""

    def __init__(self, out, code, files):
        self.out, self.code, self.files = out, code, files
        self.verdicts = defaultdict(set)
        for verdict, name in re.findall(r"^(PASSED|FAILED|ERROR) test_shop\.py::(\w+(?:\[.*?\])?)", out, re.M):
            self.verdicts[name].add(verdict)

    def of(self, test):
        """Its verdicts on all loops that it has run on."""
        found = [verdicts for name, verdicts in self.verdicts.items() if name.split("[")[0] == test]
        assert found, self.out
        return set().union(*found)


@lru_cache(maxsize=None)
def run(tests, *options, loop="asyncio", conftest="", scope="session", settings=()):
    """Runs the tests, whose files are in a folder of their own; `scope` is that of the loops of the tests."""
    settings = {**SETTINGS, "asyncio_default_test_loop_scope": scope, **dict(settings)}
    lines = [f"{name} = {value}" for name, value in settings.items() if value is not None]
    # The loop is that of the suite, also where all of these tests run on uvloop.
    env = {name: value for name, value in os.environ.items() if name not in ["PYTHONPATH", "PYTEST_ADDOPTS"]}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "pytest.ini").write_text("\n".join(["[pytest]", *lines]))
        (folder / "conftest.py").write_text((ON_UVLOOP if loop == "uvloop" else "") + conftest)
        (folder / "test_shop.py").write_text(dedent(tests))
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-v", "-rpfE", "--tb=short", "-p", "no:cacheprovider", *options],
            cwd=folder,
            env={**env, "COLUMNS": "400"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        files = {file.name: file.read_text() for file in folder.glob("*.txt")}
    return Suite(ended.stdout, ended.returncode, files)
