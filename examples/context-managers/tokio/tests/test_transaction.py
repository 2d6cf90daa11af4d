"""What the guide says of `async with` on a Rust object, a test for each sentence."""

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from ledger import Refused, Transaction, Undo
from ledger.testing import Server

HERE = Path(__file__).parent.parent


def run(main):
    async def with_server():
        async with Server() as server:
            await asyncio.wait_for(main(server), 60)

    asyncio.run(with_server())


class Recorded(Transaction):
    """It keeps what its exit is called with, and what that returns."""

    def __aexit__(self, *arguments):
        self.arguments = arguments
        return self.exit()

    async def exit(self):
        self.returned = await super().__aexit__(*self.arguments)
        return self.returned


# Enter and exit


def test_the_object_itself_comes_into_the_block():
    async def main(server):
        transaction = Transaction(server.port)
        async with transaction as entered:
            assert entered is transaction
        assert await server.until("closed") == ["BEGIN", "COMMIT", "closed"]

    run(main)


def test_without_an_exception_the_exit_gets_none_three_times_and_returns_false():
    async def main(server):
        async with Recorded(server.port) as transaction:
            pass
        assert transaction.arguments == (None, None, None)
        assert transaction.returned is False

    run(main)


def test_a_block_that_is_left_early_has_no_exception_either():
    async def left_by_return(transaction):
        async with transaction:
            return "returned"

    async def main(server):
        transactions = [Recorded(server.port) for _ in range(3)]
        assert await left_by_return(transactions[0]) == "returned"
        while True:
            async with transactions[1]:
                break
        for _ in range(1):
            async with transactions[2]:
                continue
        assert [each.arguments for each in transactions] == 3 * [(None, None, None)]

    run(main)


def test_with_an_exception_the_exit_gets_its_class_the_object_and_the_traceback():
    async def main(server):
        error = KeyError("milk")
        with pytest.raises(KeyError) as caught:
            async with Recorded(server.port) as transaction:
                raise error
        assert caught.value is error
        kind, value, traceback = transaction.arguments
        assert (kind, value) == (KeyError, error)
        assert traceback.tb_frame.f_code.co_name == "main"
        assert transaction.returned is False
        assert await server.until("closed") == ["BEGIN", "ROLLBACK", "closed"]

    run(main)


def test_an_exit_that_returns_true_ends_the_exception():
    async def main(server):
        async with Recorded(server.port) as transaction:
            raise Undo
        assert transaction.returned is True
        assert await server.until("closed") == ["BEGIN", "ROLLBACK", "closed"]

    run(main)


def test_an_error_of_the_exit_replaces_that_of_the_block_and_has_it_as_its_context():
    async def main(server):
        error = KeyError("milk")
        with pytest.raises(ConnectionAbortedError) as caught:
            async with Transaction(server.port):
                server.hangs_up = True
                raise error
        assert str(caught.value) == "the server has gone"
        assert caught.value.__context__ is error

    run(main)


# What the server answers


def test_a_refused_commit_is_raised_by_the_block():
    async def main(server):
        transaction = Transaction(server.port)
        with pytest.raises(Refused, match="^the disk is full$"):
            async with transaction:
                server.says = "error the disk is full"
        assert not transaction.is_open
        assert await server.until("closed") == ["BEGIN", "COMMIT", "closed"]

    run(main)


def test_a_refused_statement_leaves_the_transaction_open():
    async def main(server):
        async with Transaction(server.port) as transaction:
            server.says = "error there is no tea"
            with pytest.raises(Refused, match="^there is no tea$"):
                await transaction.execute("tea +7")
            server.says = "ok"
            assert await transaction.execute("milk +1") == "ok"
        seen = ["BEGIN", "tea +7", "milk +1", "COMMIT", "closed"]
        assert await server.until("closed") == seen

    run(main)


def test_a_refused_begin_does_not_enter_the_block():
    async def main(server):
        server.says = "error too many"
        transaction = Transaction(server.port)
        with pytest.raises(Refused, match="^too many$"):
            async with transaction:
                raise AssertionError("it was entered")
        assert not transaction.is_open
        assert await server.until("closed") == ["BEGIN", "closed"]

    run(main)


def test_a_second_begin_is_refused_and_the_transaction_stays_open():
    async def main(server):
        async with Transaction(server.port) as transaction:
            with pytest.raises(ValueError, match="^the transaction is open already$"):
                await transaction.begin()
            assert await transaction.execute("tea +7") == "ok"
        assert await server.until("closed") == ["BEGIN", "tea +7", "COMMIT", "closed"]

    run(main)


def test_a_transaction_can_begin_again_after_its_end():
    async def main(server):
        transaction = Transaction(server.port)
        for _ in range(2):
            async with transaction:
                pass
            assert await server.until("closed") == ["BEGIN", "COMMIT", "closed"]

    run(main)


def test_a_close_that_comes_while_it_begins_leaves_it_closed():
    async def main(server):
        server.may_answer.clear()
        transaction = Transaction(server.port)
        beginning = asyncio.ensure_future(transaction.begin())
        await server.until("BEGIN")
        closing = asyncio.ensure_future(transaction.close())
        server.may_answer.set()
        await asyncio.gather(beginning, closing)
        assert not transaction.is_open
        assert await server.until("closed") == ["ROLLBACK", "closed"]

    run(main)


@pytest.mark.parametrize("kind", [Refused, Undo])
def test_an_error_survives_pickle_and_copy(kind):
    error = kind("the disk is full")
    for copied in copy.copy(error), pickle.loads(pickle.dumps(error)):
        assert (type(copied), copied.args) == (kind, ("the disk is full",))


# Cancel


async def block(transaction, inside):
    async with transaction:
        inside.set()
        await asyncio.sleep(3600)


def test_a_cancel_in_the_block_undoes_it_before_the_await_ends():
    async def main(server):
        inside = asyncio.Event()
        transaction = Transaction(server.port)
        task = asyncio.create_task(block(transaction, inside))
        await inside.wait()
        server.may_answer.clear()
        task.cancel()
        assert await server.until("ROLLBACK") == ["BEGIN", "ROLLBACK"]
        assert not task.done()
        server.may_answer.set()
        await asyncio.wait([task])
        assert task.cancelled()

    run(main)


def test_an_exit_that_always_returns_true_loses_the_cancellation():
    class Deaf(Transaction):
        async def __aexit__(self, *error):
            await super().__aexit__(*error)
            return True

    async def main(server):
        inside = asyncio.Event()
        task = asyncio.create_task(block(Deaf(server.port), inside))
        await inside.wait()
        task.cancel()
        await task
        assert not task.cancelled()

    run(main)


async def cancelled_at_the_exit(server, transaction):
    async def empty():
        async with transaction:
            server.may_answer.clear()

    task = asyncio.create_task(empty())
    assert await server.until("COMMIT") == ["BEGIN", "COMMIT"]
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def test_a_cancel_in_the_exit_does_not_stop_the_last_line():
    async def main(server):
        transaction = Transaction(server.port)
        await cancelled_at_the_exit(server, transaction)
        closing = asyncio.ensure_future(transaction.close())
        assert await asyncio.wait([closing], timeout=0.2) == (set(), {closing})
        server.may_answer.set()
        assert await closing is None
        assert await server.until("closed") == ["closed"]

    run(main)


def test_after_a_cancel_nobody_gets_the_error_of_the_last_line():
    async def main(server):
        transaction = Transaction(server.port)
        await cancelled_at_the_exit(server, transaction)
        server.hangs_up = True
        server.may_answer.set()
        assert await transaction.close() is None

    run(main)


def test_a_cancel_at_the_entry_closes_the_connection_and_calls_no_exit():
    async def main(server):
        server.may_answer.clear()
        transaction = Recorded(server.port)
        task = asyncio.create_task(block(transaction, asyncio.Event()))
        assert await server.until("BEGIN") == ["BEGIN"]
        task.cancel()
        await asyncio.wait([task])
        assert await server.until("closed") == ["closed"]
        assert not transaction.is_open
        assert not hasattr(transaction, "arguments")

    run(main)


def test_an_answer_that_is_faster_than_the_cancel_leaves_the_transaction_open():
    async def main(server):
        server.may_answer.clear()
        transaction = Recorded(server.port)
        task = asyncio.create_task(block(transaction, asyncio.Event()))
        assert await server.until("BEGIN") == ["BEGIN"]
        server.writer.write(b"ok\n")
        # The loop has no turn before the cancel.
        while not transaction.is_open:
            time.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() and transaction.is_open
        assert not hasattr(transaction, "arguments")
        server.may_answer.set()
        await transaction.close()

    run(main)


def test_a_cancel_of_a_statement_closes_the_connection():
    async def main(server):
        async with Transaction(server.port) as transaction:
            server.may_answer.clear()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(transaction.execute("tea +7"), 0.01)
            try:
                seen = await server.until("closed")
            finally:
                server.may_answer.set()
            with pytest.raises(ValueError, match="^no open transaction$"):
                await transaction.execute("milk +1")
        assert seen in (["BEGIN", "tea +7", "closed"], ["BEGIN", "closed"])

    run(main)


# Close


def test_a_second_close_does_no_harm():
    async def main(server):
        async with Transaction(server.port) as transaction:
            await transaction.close()
            await transaction.close()
            with pytest.raises(ValueError, match="^no open transaction$"):
                await transaction.execute("tea +7")
        await transaction.close()
        assert await server.until("closed") == ["BEGIN", "ROLLBACK", "closed"]

    run(main)


def test_a_transaction_that_was_never_open_can_be_closed():
    async def main(server):
        assert await Transaction(server.port).close() is None

    run(main)


def test_a_second_close_waits_for_the_first():
    async def main(server):
        async with Transaction(server.port) as transaction:
            server.may_answer.clear()
            first = asyncio.ensure_future(transaction.close())
            await server.until("ROLLBACK")
            second = asyncio.ensure_future(transaction.close())
            assert await asyncio.wait([second], timeout=0.2) == (set(), {second})
            server.may_answer.set()
            await asyncio.gather(first, second)
        assert await server.until("closed") == ["closed"]

    run(main)


# Without close


def unclosed(caught):
    return [each.category for each in caught if str(each.message) == "unclosed transaction"]


def test_a_transaction_that_nobody_closes_warns_and_its_connection_closes():
    async def main(server):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            transaction = Transaction(server.port)
            await transaction.__aenter__()
            del transaction
            gc.collect()
            assert unclosed(caught) == [ResourceWarning]
            # Until here the recorded warning keeps its source.
            caught.clear()
            assert await server.until("closed") == ["BEGIN", "closed"]

    run(main)


def test_a_transaction_that_is_closed_or_was_never_open_does_not_warn():
    async def main(server):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            async with Transaction(server.port) as transaction:
                pass
            Transaction(server.port)
            del transaction
            gc.collect()
            await server.until("closed")
        assert unclosed(caught) == []

    run(main)


def lines_of(*arguments):
    program = [sys.executable, *arguments]
    ended = subprocess.run(program, cwd=HERE, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr.splitlines()


@pytest.mark.skipif(
    sys.version_info[:2] == (3, 11), reason="Python 3.11 forgets where objects of a class were made"
)
def test_with_tracemalloc_the_warning_tells_where_the_object_was_made():
    lines = lines_of("-X", "tracemalloc", "unclosed.py")
    assert "Object allocated at (most recent call last):" in lines
    assert lines[-1] == "    transaction = Transaction(server.port)"
