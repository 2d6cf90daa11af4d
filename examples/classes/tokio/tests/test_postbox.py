"""A Rust class for asyncio, a test for each sentence."""

import asyncio
import copy
import gc
import inspect
import pickle
import pydoc

import pytest
from postbox import Letter, Mailbox, _native, open_mailbox


@pytest.fixture
def inbox(tmp_path):
    """A folder with two letters."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "1.txt").write_bytes(b"Ann\nTea at five?")
    (folder / "2.txt").write_bytes(b"Bob\nI bring milk.")
    return folder


def opened(use, folder):
    """The result of `use` with a mailbox that is opened in a new loop."""

    async def main():
        return await use(await open_mailbox(folder))

    return asyncio.run(main())


# The async constructor


def test_the_result_of_the_future_is_the_object(inbox):
    async def main():
        future = Mailbox.open(inbox)
        assert asyncio.isfuture(future)
        return await future

    assert type(asyncio.run(main())) is Mailbox


def test_without_new_the_class_cannot_be_called():
    with pytest.raises(TypeError, match="^cannot create 'postbox.Mailbox' instances$"):
        Mailbox("inbox")


def test_init_cannot_be_async():
    class Client:
        async def __init__(self):
            raise AssertionError("nobody awaits it")

    with pytest.raises(TypeError, match=r"^__init__\(\) should return None, not 'coroutine'$"):
        with pytest.warns(RuntimeWarning, match="was never awaited$"):
            Client()
            gc.collect()


def test_who_cannot_open_gets_the_error_and_no_object(tmp_path):
    async def main():
        await open_mailbox(tmp_path / "outbox")

    with pytest.raises(FileNotFoundError) as caught:
        asyncio.run(main())
    assert str(caught.value).startswith(f"{tmp_path / 'outbox'}: ")


def test_the_rust_function_needs_a_running_loop_and_the_wrapper_does_not(inbox):
    with pytest.raises(RuntimeError, match="^no running event loop$"):
        asyncio.run(Mailbox.open(inbox))
    assert type(asyncio.run(open_mailbox(inbox))) is Mailbox


def test_create_task_wants_the_wrapper_and_ensure_future_takes_the_future(inbox):
    async def main():
        with pytest.raises(TypeError, match="^a coroutine was expected, got <Future pending"):
            asyncio.create_task(Mailbox.open(inbox))
        assert type(await asyncio.ensure_future(Mailbox.open(inbox))) is Mailbox
        return await asyncio.create_task(open_mailbox(inbox))

    assert type(asyncio.run(main())) is Mailbox


def test_a_python_class_that_holds_the_object_can_be_derived_from(inbox):
    class Box:
        def __init__(self, mailbox):
            self.mailbox = mailbox

        @classmethod
        async def open(cls, folder):
            return cls(await Mailbox.open(folder))

    class SharedBox(Box):
        pass

    box = asyncio.run(SharedBox.open(inbox))
    assert (type(box), type(box.mailbox)) == (SharedBox, Mailbox)


def test_a_class_without_subclass_cannot_be_derived_from():
    with pytest.raises(TypeError, match="type 'postbox.Mailbox' is not an acceptable base type"):

        class Mine(Mailbox):
            pass


# Keyword arguments


def test_what_is_after_the_star_is_given_by_name(inbox):
    async def main(mailbox):
        with pytest.raises(TypeError) as caught:
            mailbox.read(1, True)
        assert str(caught.value) == "Mailbox.read() takes 1 positional arguments but 2 were given"
        await mailbox.read(1, peek=True)

    opened(main, inbox)


def test_a_wrong_argument_raises_at_the_call(inbox):
    async def main(mailbox):
        with pytest.raises(TypeError) as caught:
            mailbox.read(1, preview=True)
        assert str(caught.value) == "Mailbox.read() got an unexpected keyword argument 'preview'"
        with pytest.raises(TypeError) as caught:
            mailbox.read("1")
        assert "'str' object cannot be interpreted as an integer" in str(caught.value)

    opened(main, inbox)


def test_the_default_is_used_if_the_argument_is_missing(inbox):
    async def main(mailbox):
        await mailbox.read(1)
        assert mailbox.reads == 1
        await mailbox.read(1, peek=True)
        assert mailbox.reads == 1

    opened(main, inbox)


def test_inspect_and_help_show_the_defaults():
    assert str(inspect.signature(Mailbox.open)) == "(folder, *, create=False)"
    assert str(inspect.signature(Mailbox.read)) == "(self, /, id, *, peek=False)"
    assert "read(self, /, id, *, peek=False)" in pydoc.render_doc(Mailbox, renderer=pydoc.plaintext)


def test_the_wrapper_has_the_parameters_of_the_rust_function():
    def parameters(function):
        found = inspect.signature(function).parameters.values()
        return [(each.name, each.kind, each.default) for each in found]

    assert parameters(open_mailbox) == parameters(_native.Mailbox.open)


# What a future returns


def test_a_struct_comes_as_an_object_with_attributes(inbox):
    letter = opened(lambda mailbox: mailbox.read(1), inbox)
    assert type(letter) is Letter
    assert (letter.sender, letter.text) == ("Ann", "Tea at five?")


def test_its_attributes_cannot_be_set(inbox):
    letter = opened(lambda mailbox: mailbox.read(1), inbox)
    with pytest.raises(AttributeError) as caught:
        letter.text = "another"
    message = "attribute 'text' of 'postbox.Letter' objects is not writable"
    assert str(caught.value) == message


def test_letters_are_equal_by_their_fields_and_can_be_in_a_set(inbox):
    async def main(mailbox):
        return await mailbox.read(1), await mailbox.read(1), await mailbox.read(2)

    first, again, other = opened(main, inbox)
    assert first is not again
    assert first == again == Letter("Ann", "Tea at five?")
    assert len({first, again, other}) == 2


def test_a_letter_can_be_made_in_python():
    assert Letter(sender="Ann", text="Tea").text == "Tea"


def test_a_letter_cannot_be_pickled():
    with pytest.raises(TypeError, match="^cannot pickle 'postbox.Letter' object$"):
        pickle.dumps(Letter("Ann", "Tea"))
    with pytest.raises(TypeError):
        copy.copy(Letter("Ann", "Tea"))


def test_a_tuple_comes_as_a_tuple(inbox):
    assert opened(lambda mailbox: mailbox.size(), inbox) == (2, 33)


def test_a_map_comes_as_a_dict(inbox):
    sizes = opened(lambda mailbox: mailbox.sizes(), inbox)
    assert type(sizes) is dict
    assert list(sizes.items()) == [("1.txt", 16), ("2.txt", 17)]


def test_gather_awaits_many_in_order(inbox):
    async def main(mailbox):
        return await asyncio.gather(*[mailbox.read(id) for id in [2, 1] * 50])

    letters = opened(main, inbox)
    assert [letter.sender for letter in letters] == ["Bob", "Ann"] * 50


def test_gather_raises_the_first_error(inbox):
    async def main(mailbox):
        await asyncio.gather(mailbox.read(1), mailbox.read(9))

    with pytest.raises(FileNotFoundError) as caught:
        opened(main, inbox)
    assert str(caught.value).startswith(str(inbox / "9.txt"))


def test_reads_of_many_futures_are_all_counted(inbox):
    async def main(mailbox):
        await asyncio.gather(*[mailbox.read(1) for _ in range(1000)])
        return mailbox.reads

    assert opened(main, inbox) == 1000
