"""Say in one line what this Python lacks for the guide, if anything, and exit with 1."""

import os
import sys
import sysconfig


def complaint():
    here = "%s (%s)" % (sys.executable, sys.version.split()[0])
    if sys.version_info < (3, 9):
        return here + " is too old: install CPython 3.9 or newer, or name one with PYTHON=/path/to/python3"
    if sys.implementation.name != "cpython":
        return here + " is not CPython: name a CPython 3.9 or newer with PYTHON=/path/to/python3"
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return here + " has no venv module: install it (Debian and Ubuntu: apt install python3-venv)"
    if os.name != "nt" and not library():
        return (
            here + " has no shared libpython to link with: install it (Debian and Ubuntu: apt install python3-dev;"
            " pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install VERSION)"
        )
    return None


def library():
    """The shared library that a Rust program links, if this Python has one."""
    var = sysconfig.get_config_var
    if var("PYTHONFRAMEWORK"):
        return True
    name = var("LDLIBRARY") or ""
    if not var("Py_ENABLE_SHARED") or name.endswith(".a"):
        return None
    folders = [var("LIBDIR"), os.path.join(var("LIBDIR") or "", var("MULTIARCH") or ""), var("LIBPL")]
    found = [os.path.join(folder, name) for folder in folders if folder]
    return next((path for path in found if os.path.exists(path)), None)


problem = complaint()
if problem:
    sys.exit("ci/just: " + problem)
