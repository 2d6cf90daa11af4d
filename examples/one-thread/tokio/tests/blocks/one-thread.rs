//! Makes the module part of a program; a kitchen cooks, is cancelled, and panics.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(ONE_THREAD_DRIVER, None, None))
}

const ONE_THREAD_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def raised(awaitable):
    try:
        await awaitable
    except _native.RustPanic as error:
        return str(error)
    raise AssertionError('nothing was raised')

async def main():
    kitchen = _native.Kitchen()
    soup = kitchen.cook('soup', 3600)
    assert await kitchen.cook('rice', 0) == 'rice, by the cook'
    assert await kitchen.stove() == ['soup']
    soup.cancel()
    while await kitchen.stove():
        pass
    soup = kitchen.cook('soup', 3600)
    text = 'panicked with message \"soup is on the stove\"'
    assert text in await raised(kitchen.cook('soup', 0))

asyncio.run(main())
";
