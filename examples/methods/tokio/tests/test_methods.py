"""Async methods that change their object, a test for each sentence."""

import asyncio
import sys
import threading

import pytest
from accounts import Account, grant, waiting


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


def test_withdrawals_in_turn_check_again():
    async def main():
        account = Account(100)
        first = await begin(account.withdraw(80))
        second = account.withdraw(80)
        # Time in which the second would look at the balance, if nothing kept it from that.
        for _ in range(20):
            with pytest.raises(ValueError):
                await Account(0).withdraw(1)
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
        withdrawal = await begin(account.withdraw(80))
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
        await give_up(await begin(account.withdraw(80)))
        grant(1)
        return await asyncio.wait_for(account.withdraw(80), timeout=60)

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
        # A thread of tokio drops it without the GIL: the next call into Rust releases it.
        while sys.getrefcount(account) > alone:
            await waiting(0)

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
