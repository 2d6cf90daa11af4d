"""What becomes of an error of Rust in Python, a test for each sentence."""

import asyncio
import copy
import pickle
import sys

import archive
import pytest
from archive import DocumentError, NotFound, Unreadable

BEFORE_GROUPS = sys.version_info < (3, 11)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "note").write_text("buy tea")
    (folder / "picture").write_bytes(b"\xff")
    return folder


def test_each_failure_has_a_class_of_its_own(folder):
    with pytest.raises(NotFound) as caught:
        asyncio.run(archive.read(folder, "letter"))
    assert (str(caught.value), caught.value.__cause__) == ("no document letter", None)
    with pytest.raises(Unreadable) as caught:
        asyncio.run(archive.read(folder, "picture"))
    assert str(caught.value) == "picture is not readable"
    assert asyncio.run(archive.read(folder, "note")) == "buy tea"


def test_one_handler_catches_both(folder):
    assert (NotFound.__bases__, Unreadable.__bases__) == ((DocumentError,), (DocumentError,))
    for name in ("letter", "picture"):
        with pytest.raises(DocumentError):
            asyncio.run(archive.read(folder, name))


def test_the_error_of_the_system_is_the_cause(folder):
    with pytest.raises(Unreadable) as caught:
        asyncio.run(archive.read(folder, "picture"))
    cause = caught.value.__cause__
    assert (type(cause), str(cause)) == (OSError, "stream did not contain valid UTF-8")


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("kind", [DocumentError, NotFound, Unreadable])
def test_an_exception_whose_module_has_its_class_can_be_pickled_and_copied(kind, again):
    error = again(kind("letter"))
    assert (type(error), error.args) == (kind, ("letter",))


@pytest.mark.skipif(BEFORE_GROUPS, reason="exception groups are new in Python 3.11")
def test_a_group_holds_every_error(folder):
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(archive.read_all(folder, ["letter", "note", "picture"]))
    missing, others = caught.value.split(NotFound)
    assert [str(error) for error in missing.exceptions] == ["no document letter"]
    (unreadable,) = others.exceptions
    assert type(unreadable) is Unreadable
    assert type(unreadable.__cause__) is OSError


@pytest.mark.skipif(not BEFORE_GROUPS, reason="from Python 3.11 on there are groups")
def test_before_python_3_11_the_first_error_stands_for_all(folder):
    with pytest.raises(NotFound) as caught:
        asyncio.run(archive.read_all(folder, ["letter", "note", "picture"]))
    assert str(caught.value) == "no document letter"


def test_without_an_error_all_texts_arrive(folder):
    assert asyncio.run(archive.read_all(folder, ["note", "note"])) == ["buy tea", "buy tea"]


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", ".", "", "sub/note", "note/", "note/."])
def test_a_path_is_no_name(folder, name):
    (folder.parent / "secret").write_text("of others")
    (folder / "sub").mkdir()
    (folder / "sub" / "note").write_text("deeper")
    with pytest.raises(NotFound) as caught:
        asyncio.run(archive.read(folder, name))
    assert str(caught.value) == f"no document {name}"
