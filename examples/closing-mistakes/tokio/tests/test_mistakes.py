"""What goes wrong without an awaitable, and with a warning from Rust."""

import asyncio
import gc
import subprocess
import sys
import warnings

import pytest
from closing_mistakes import Eager, WithDel, WithDrop


def test_a_method_that_returns_the_object_itself_is_refused():
    async def main():
        async with Eager():
            pass

    with pytest.raises(TypeError) as caught:
        asyncio.run(main())
    start = "'async with' received an object from __aenter__ that does not implement __await__: "
    assert str(caught.value) == start + "closing_mistakes.Eager"


def lines_of(*arguments):
    program = [sys.executable, *arguments]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr.splitlines()


def test_without_a_filter_python_does_not_show_the_warning():
    program = "from closing_mistakes import WithDrop; unclosed = WithDrop(); del unclosed"
    assert lines_of("-c", program) == []
    assert len(lines_of("-W", "default", "-c", program)) == 1


def warned(make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        unclosed = make()
        del unclosed
        gc.collect()
    return [str(each.message) for each in caught]


def test_python_does_not_call_a_del_of_rust_but_for_a_subclass_of_python():
    class Subclass(WithDel):
        pass

    assert warned(WithDel) == []
    assert warned(Subclass) == ["unclosed"]


def test_drop_can_warn():
    assert warned(WithDrop) == ["unclosed"]


def test_a_warning_that_is_an_error_is_only_reported_from_drop():
    program = "from closing_mistakes import WithDrop; WithDrop(); print('goes on', flush=True)"
    assert "ResourceWarning: unclosed" in lines_of("-W", "error", "-c", program)


def test_what_lives_until_python_ends_warns_then():
    program = "from closing_mistakes import WithDrop; kept = WithDrop()"
    lines = lines_of("-W", "default", "-c", program)
    assert len(lines) == 1 and lines[0].endswith("ResourceWarning: unclosed")
