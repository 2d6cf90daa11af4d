//! Makes the module part of a program; Python changes an account, one after the other and at once.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(METHODS_DRIVER, None, None))
}

const METHODS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def waiting(changes):
    while _native.grant(0) != changes:
        await asyncio.sleep(0)

async def main():
    account = _native.Account(100)
    both = asyncio.gather(account.deposit(30), account.deposit_polled(50))
    await waiting(2)
    assert account.balance == 100
    _native.grant(2)
    await both
    assert account.balance == 180

    both = [account.withdraw(100), account.withdraw(100)]
    _native.grant(1)
    await asyncio.gather(*both, return_exceptions=True)
    assert account.balance == 80

asyncio.run(main())
";
