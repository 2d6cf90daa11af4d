import pytest
from kernels import use_own_folders


@pytest.fixture(scope="session", autouse=True)
def folder(tmp_path_factory):
    """Where every Jupyter of these tests reads and writes."""
    folder = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        use_own_folders(folder, patch.setenv)
        yield folder
