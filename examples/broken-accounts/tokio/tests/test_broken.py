"""Async methods that fail, a test for each sentence."""

import asyncio
import threading

import pytest
from broken_accounts import Passbook, Wallet, grant, waiting

BORROWED = "Already borrowed"
MUTABLY = "Already mutably borrowed"


async def begin(awaitable):
    """Begins the only change, and returns when it waits for its grant."""
    task = asyncio.ensure_future(awaitable)
    await waiting(1)
    return task


async def give_up(*tasks):
    """Cancels changes, and returns when Rust has dropped them all."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await waiting(0)


@pytest.mark.parametrize(
    ("waits", "comes", "message"),
    [
        ("deposit", "deposit", BORROWED),
        ("deposit", "statement", MUTABLY),
        ("statement", "deposit", BORROWED),
    ],
)
def test_who_waits_in_a_method_keeps_out_the_next(waits, comes, message):
    methods = {"deposit": lambda book: book.deposit(30), "statement": Passbook.statement}

    async def main():
        passbook = Passbook(100)
        task = await begin(methods[waits](passbook))
        with pytest.raises(RuntimeError) as caught:
            await methods[comes](passbook)
        assert str(caught.value) == message
        await give_up(task)

    asyncio.run(main())


def test_those_who_only_read_do_not_keep_each_other_out():
    async def main():
        passbook = Passbook(100)
        first = await begin(passbook.statement())
        assert passbook.balance == 100
        second = asyncio.ensure_future(passbook.statement())
        await waiting(2)
        grant(2)
        assert await asyncio.gather(first, second) == 2 * ["balance: 100"]

    asyncio.run(main())


def test_the_change_that_waited_is_not_harmed():
    async def main():
        passbook = Passbook(100)
        first = await begin(passbook.deposit(30))
        with pytest.raises(RuntimeError):
            await passbook.deposit(50)
        grant(1)
        assert await first == 130
        grant(1)
        assert await passbook.deposit(50) == 180

    asyncio.run(main())


def test_without_a_wait_nothing_fails():
    async def main():
        passbook = Passbook(100)
        grant(2)
        await asyncio.gather(passbook.deposit(30), passbook.deposit(50))
        return passbook.balance

    assert asyncio.run(main()) == 180


def test_a_coroutine_borrows_when_it_is_first_polled():
    async def main():
        passbook = Passbook(100)
        first, second = passbook.deposit(30), passbook.deposit(50)
        assert passbook.balance == 100
        grant(2)
        assert (await first, await second) == (130, 180)

    asyncio.run(main())


def test_a_coroutine_that_is_cancelled_gives_back_its_borrow():
    async def main():
        passbook = Passbook(100)
        await give_up(await begin(passbook.deposit(30)))
        assert passbook.balance == 100

    asyncio.run(main())


def test_a_blocking_method_keeps_out_other_threads_too():
    passbook = Passbook(100)
    thread = threading.Thread(target=passbook.deposit_blocking, args=(30,))
    thread.start()
    asyncio.run(waiting(1))
    with pytest.raises(RuntimeError) as written:
        passbook.deposit_blocking(50)
    with pytest.raises(RuntimeError) as read:
        passbook.balance
    grant(1)
    thread.join()
    assert (str(written.value), str(read.value)) == (BORROWED, MUTABLY)
    assert passbook.balance == 130


def test_try_borrow_mut_raises_while_another_method_waits():
    async def main():
        passbook = Passbook(100)
        assert await passbook.add_bonus() is None
        assert passbook.balance == 101
        task = await begin(passbook.deposit(30))
        with pytest.raises(RuntimeError) as caught:
            await passbook.add_bonus()
        assert str(caught.value) == BORROWED
        await give_up(task)
        await passbook.add_bonus()
        assert passbook.balance == 102

    asyncio.run(main())


def test_a_check_before_the_wait_is_stale_after_it():
    async def main():
        wallet = Wallet(100)
        both = asyncio.gather(wallet.withdraw(80), wallet.withdraw(80))
        await waiting(2)
        grant(2)
        assert sorted(await both) == [-60, 20]

    asyncio.run(main())
