"""What becomes of an error of Rust in Python, a test for each sentence."""

import asyncio
import copy
import os
import pickle
import subprocess
import sys

import pytest
import payments
from payments import Declined, NoAnswer, PaymentError, UnknownCard

NEEDS_GROUPS = pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup and timeout are new in Python 3.11")
AGAIN = pytest.mark.parametrize(
    "again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"]
)


def answering(code, retry_after=None):
    async def bank(card, cents):
        return code, retry_after

    return bank


def raising(error):
    async def bank(card, cents):
        raise error

    return bank


def charged(bank):
    """What a charge has returned or raised."""

    async def main():
        try:
            return await payments.charge(bank, "4711", 300)
        except BaseException as error:
            return error

    return asyncio.run(main())


def test_each_variant_has_a_class_of_its_own():
    assert charged(answering("approved")) == 300
    errors = [charged(answering("unknown_card")), charged(answering("over_limit")), charged(raising(OSError("gone")))]
    assert [(type(error), str(error)) for error in errors] == [
        (UnknownCard, "no card 4711"),
        (Declined, "declined: over_limit"),
        (NoAnswer, "the bank gave no answer"),
    ]


def test_one_handler_catches_all():
    assert {kind.__bases__ for kind in (UnknownCard, Declined, NoAnswer)} == {(PaymentError,)}
    assert PaymentError.__bases__ == (Exception,)


def test_every_error_has_the_attributes_of_the_base():
    declined = charged(answering("too_many_attempts", 30.0))
    assert (declined.message, declined.code, declined.retry_after) == (str(declined), "too_many_attempts", 30.0)
    unknown = charged(answering("unknown_card"))
    assert (unknown.code, unknown.retry_after) == ("unknown_card", None)


def test_the_attributes_cannot_be_changed():
    with pytest.raises(AttributeError) as caught:
        charged(answering("over_limit")).code = "approved"
    assert str(caught.value) == "attribute 'code' of 'payments.PaymentError' objects is not writable"


def test_the_arguments_are_those_of_the_constructor():
    error = charged(answering("over_limit"))
    assert error.args == ("declined: over_limit", "over_limit", None)
    assert repr(error) == "Declined('declined: over_limit', 'over_limit', None)"
    assert BaseException.__str__(error) == "('declined: over_limit', 'over_limit', None)"


def test_python_can_make_one_with_all_arguments_by_position():
    error = Declined("declined: over_limit", "over_limit", None)
    assert (str(error), error.code) == ("declined: over_limit", "over_limit")
    with pytest.raises(TypeError, match="missing 2 required positional arguments: 'code' and 'retry_after'$"):
        Declined("declined: over_limit")
    with pytest.raises(TypeError, match="got some positional-only arguments passed as keyword arguments: 'code'"):
        Declined("declined: over_limit", code="over_limit", retry_after=None)
    # So keywords are refused by every exception that does not take them itself.
    with pytest.raises(TypeError, match="^Exception\\(\\) takes no keyword arguments$"):
        Exception("declined: over_limit", code="over_limit")


@AGAIN
def test_the_class_and_the_attributes_survive_pickle_and_copy(again):
    error = charged(answering("too_many_attempts", 30.0))
    error.order = 12
    twin = again(error)
    assert (type(twin), str(twin), twin.args) == (type(error), str(error), error.args)
    assert (twin.code, twin.retry_after, twin.order) == ("too_many_attempts", 30.0, 12)


@AGAIN
def test_the_cause_does_not_survive_pickle_and_copy(again):
    error = charged(raising(OSError("gone")))
    assert repr(error.__cause__) == "OSError('gone')"
    twin = again(error)
    assert (type(twin), str(twin), twin.__cause__) == (NoAnswer, "the bank gave no answer", None)
    plain = ValueError("no amount")
    plain.__cause__ = OSError("gone")
    assert again(plain).__cause__ is None


def decline():
    raise Declined("declined: over_limit", "over_limit", 30.0)


IN_A_POOL = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor

import payments
from test_charge import decline

if __name__ == "__main__":
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            pool.submit(decline).result()
        except payments.Declined as error:
            print(error, error.code, error.retry_after)
"""


def test_the_error_of_a_process_pool_has_its_attributes():
    folder = os.path.dirname(__file__)
    run = subprocess.run([sys.executable, "-c", IN_A_POOL], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout) == (0, "declined: over_limit over_limit 30.0\n"), run.stderr


class Expired(Declined):
    def __new__(cls, card):
        return super().__new__(cls, f"{card} has expired", "expired", None)


@AGAIN
def test_a_subclass_overrides_new_and_survives_pickle_and_copy(again):
    error = again(Expired("4711"))
    assert (type(error), str(error), error.code) == (Expired, "4711 has expired", "expired")


def test_a_subclass_cannot_override_init_alone():
    class Stolen(Declined):
        def __init__(self, card):
            super().__init__(f"{card} is stolen", "stolen", None)

    with pytest.raises(TypeError) as caught:
        Stolen("4711")
    assert str(caught.value).endswith("__new__() missing 2 required positional arguments: 'code' and 'retry_after'")


def test_what_python_raises_is_the_cause():
    cause = LookupError("no route")
    error = charged(raising(cause))
    assert type(error) is NoAnswer
    assert error.__cause__ is cause


def test_an_answer_of_another_form_is_no_answer():
    async def bank(card, cents):
        return "approved"

    error = charged(bank)
    assert type(error) is NoAnswer
    assert type(error.__cause__) is TypeError


def test_a_bank_that_cannot_be_called_is_no_answer():
    error = charged(lambda card: None)
    assert type(error) is NoAnswer
    assert type(error.__cause__) is TypeError


@pytest.mark.parametrize(
    "error",
    [asyncio.CancelledError("enough"), KeyboardInterrupt(), SystemExit(3), GeneratorExit()],
    ids=lambda error: type(error).__name__,
)
def test_what_is_no_exception_comes_back_as_the_same_object(error):
    def bank(card, cents):
        # A future: asyncio raises Ctrl-C and an exit that end a task in the event loop, too.
        ended = loop.create_future()
        ended.set_exception(error)
        return ended

    async def main():
        nonlocal loop
        loop = asyncio.get_running_loop()
        try:
            await payments.charge(bank, "4711", 300)
        except BaseException as raised:
            return raised

    loop = None
    caught = asyncio.run(main())
    assert caught is error
    assert caught.__cause__ is None


class Asked:
    """A bank that answers nothing, and whose work can be cancelled."""

    def __init__(self):
        self.asked = asyncio.Event()
        self.task = None

    async def __call__(self, card, cents):
        self.task = asyncio.current_task()
        self.asked.set()
        await asyncio.Event().wait()


@NEEDS_GROUPS
def test_a_task_group_does_not_fail_when_the_bank_is_cancelled():
    async def main():
        bank = Asked()

        async def other():
            await bank.asked.wait()
            bank.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await charge
            return "finished"

        async with asyncio.TaskGroup() as group:
            charge = group.create_task(payments.charge(bank, "4711", 300))
            beside = group.create_task(other())
        assert charge.cancelled()
        return beside.result()

    assert asyncio.run(main()) == "finished"


@NEEDS_GROUPS
def test_a_task_group_ends_the_charge_when_a_sibling_fails():
    async def main():
        bank = Asked()

        async def failing():
            await bank.asked.wait()
            raise LookupError("no receipt")

        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                charge = group.create_task(payments.charge(bank, "4711", 300))
                group.create_task(failing())
        assert charge.cancelled()
        assert not bank.task.done()
        bank.task.cancel()
        return [repr(error) for error in caught.value.exceptions]

    assert asyncio.run(main()) == ["LookupError('no receipt')"]


@NEEDS_GROUPS
def test_a_timeout_around_the_charge_raises_timeout_error():
    async def main():
        bank = Asked()
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(None) as limit:
                charge = asyncio.ensure_future(payments.charge(bank, "4711", 300))
                await bank.asked.wait()
                limit.reschedule(asyncio.get_running_loop().time())
                await charge
        assert charge.cancelled()
        assert type(caught.value.__cause__) is asyncio.CancelledError
        assert not bank.task.done()
        bank.task.cancel()

    asyncio.run(main())


@NEEDS_GROUPS
def test_a_cancellation_within_a_timeout_that_has_not_passed_stays_one():
    async def main():
        bank = Asked()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(3600):
                charge = asyncio.ensure_future(payments.charge(bank, "4711", 300))
                await bank.asked.wait()
                bank.task.cancel()
                await charge

    asyncio.run(main())


def test_wait_for_raises_timeout_error():
    async def main():
        bank = Asked()
        charge = asyncio.ensure_future(payments.charge(bank, "4711", 300))
        await bank.asked.wait()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(charge, 0.01)
        assert charge.cancelled()
        assert not bank.task.done()
        bank.task.cancel()

    asyncio.run(main())


def test_a_timeout_of_the_bank_is_a_failure():
    async def bank(card, cents):
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)

    error = charged(bank)
    assert type(error) is NoAnswer
    assert type(error.__cause__) is asyncio.TimeoutError
