//! Makes the module part of a program, which asks for prices and shares one.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(PROCESSES_DRIVER, None, None))
}

const PROCESSES_DRIVER: &std::ffi::CStr = c"
import asyncio, pickle
import _native

async def main():
    shop, prices = _native.Shop(), _native.PriceList()
    assert await shop.price('tea') == await prices.price('tea') == 3
    assert await _native.share_later(6, 2) == _native.share(6, 2) == 3
    try:
        await prices.price('nothing')
    except KeyError as error:
        assert error.args == ('nothing',), error
    else:
        raise AssertionError('there is a price for nothing')
    try:
        await _native.share_later(6, 0)
    except _native.RustPanic as error:
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is _native.RustPanic and copy.args == error.args
    else:
        raise AssertionError('nobody paid')

asyncio.run(main())
assert _native.Shop().price_sync('cake') == 5
";
