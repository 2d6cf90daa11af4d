import pytest
from programs import Program


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*arguments, **more):
        started.append(Program(tmp_path, *arguments, **more))
        return started[-1]

    yield start
    for program in started:
        program.close()
