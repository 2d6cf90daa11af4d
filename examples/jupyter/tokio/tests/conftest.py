import tempfile

import pytest
from kernels import use_own_folders


@pytest.fixture(scope="session", autouse=True)
def folder(tmp_path_factory):
    """Where every Jupyter of these tests reads and writes."""
    folder = tmp_path_factory.mktemp("jupyter")
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="jupyter") as sockets, pytest.MonkeyPatch.context() as patch:
        use_own_folders(folder, sockets, patch.setenv)
        yield folder
