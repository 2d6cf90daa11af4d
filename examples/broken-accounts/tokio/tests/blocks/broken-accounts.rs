//! Makes the module part of a program; Python changes a passbook while it is borrowed, and overdraws a wallet.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(BROKEN_ACCOUNTS_DRIVER, None, None))
}

const BROKEN_ACCOUNTS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def waiting(changes):
    while _native.grant(0) != changes:
        await asyncio.sleep(0)

async def raised(awaitable):
    try:
        await awaitable
    except Exception as error:
        return str(error)
    raise AssertionError('nothing was raised')

async def main():
    passbook = _native.Passbook(100)
    first = asyncio.ensure_future(passbook.deposit(30))
    await waiting(1)
    assert await raised(passbook.deposit(50)) == 'Already borrowed'
    assert await raised(passbook.statement()) == 'Already mutably borrowed'
    assert await raised(passbook.add_bonus()) == 'Already borrowed'
    _native.grant(2)
    assert await first == 130 and passbook.deposit_blocking(50) == 180

    wallet = _native.Wallet(100)
    both = asyncio.gather(wallet.withdraw(100), wallet.withdraw(100))
    await waiting(2)
    _native.grant(2)
    assert min(await both) == -100

asyncio.run(main())
";
