import os

import pytest
from programs import Program

if not hasattr(os, "fork"):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*arguments, **more):
        started.append(Program(tmp_path, *arguments, **more))
        return started[-1]

    yield start
    for program in started:
        program.close()
