"""Async methods that change their object, a test for each sentence."""

import asyncio
import sys
import threading

import accounts
import pytest
from accounts import Account, Passbook, grant, waiting

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


def test_a_frozen_object_can_be_used_while_its_methods_wait():
    async def main():
        account = Account(100)
        deposits = [account.deposit(1) for _ in range(50)]
        deposits += [asyncio.ensure_future(account.deposit_polled(1)) for _ in range(50)]
        await waiting(100)
        assert account.balance == 100
        grant(100)
        await asyncio.gather(*deposits)
        return account.balance

    assert asyncio.run(main()) == 200


def test_threads_can_use_it_too():
    account = Account(0)

    def deposit():
        async def main():
            for _ in range(100):
                await account.deposit(1)

        asyncio.run(main())

    threads = [threading.Thread(target=deposit) for _ in range(4)]
    grant(400)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert account.balance == 400


def test_a_check_before_the_wait_is_stale_after_it():
    async def main():
        account = Account(100)
        both = asyncio.gather(account.withdraw(80), account.withdraw(80))
        await waiting(2)
        grant(2)
        assert sorted(await both) == [-60, 20]
        return account.balance

    assert asyncio.run(main()) == -60


def test_withdrawals_in_turn_check_again():
    async def main():
        account = Account(100)
        first = await begin(account.withdraw_in_turn(80))
        second = account.withdraw_in_turn(80)
        # Time in which the second would look at the balance, if nothing kept it from that.
        for _ in range(20):
            with pytest.raises(ValueError):
                await account.withdraw(1000)
        grant(2)
        results = await asyncio.gather(first, second, return_exceptions=True)
        [refused] = [result for result in results if isinstance(result, ValueError)]
        assert str(refused) == "not enough money"
        assert 20 in results
        # The second grant is left.
        return await account.deposit(0)

    assert asyncio.run(main()) == 20


def test_reading_and_deposits_do_not_wait_for_a_turn():
    async def main():
        account = Account(100)
        withdrawal = await begin(account.withdraw_in_turn(80))
        deposit = account.deposit(50)
        await waiting(2)
        assert account.balance == 100
        grant(2)
        await asyncio.gather(withdrawal, deposit)
        return account.balance

    assert asyncio.run(main()) == 70


def test_a_withdrawal_that_is_cancelled_gives_back_its_turn():
    async def main():
        account = Account(100)
        await give_up(await begin(account.withdraw_in_turn(80)))
        grant(1)
        return await asyncio.wait_for(account.withdraw_in_turn(80), timeout=60)

    assert asyncio.run(main()) == 20


def test_with_an_arc_the_object_may_go_and_the_change_is_made():
    async def main():
        account = Account(100)
        alone = sys.getrefcount(account)
        deposit = await begin(account.deposit(30))
        assert sys.getrefcount(account) == alone
        del account
        grant(1)
        return await deposit

    assert asyncio.run(main()) == 130


def test_with_py_self_the_future_keeps_the_object():
    async def main():
        account = Account(100)
        alone = sys.getrefcount(account)
        withdrawal = await begin(account.withdraw(30))
        assert sys.getrefcount(account) == alone + 1
        grant(1)
        assert await withdrawal == 70
        # A thread of tokio drops it without the GIL: the next call into Rust lets go of it.
        while sys.getrefcount(account) > alone:
            await accounts.waiting(0)

    asyncio.run(asyncio.wait_for(main(), timeout=60))


def test_a_balance_that_would_overflow_is_refused_and_stays():
    async def main():
        account = Account(2**63 - 1)
        grant(2)
        for deposit in account.deposit, account.deposit_polled:
            with pytest.raises(OverflowError, match="^too much money$"):
                await deposit(1)
        return account.balance

    assert asyncio.run(main()) == 2**63 - 1
