//! Makes the module part of a program; Python refuses an object that is no awaitable, and two of three objects
//! warn.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(CLOSING_MISTAKES_DRIVER, None, None))
}

const CLOSING_MISTAKES_DRIVER: &std::ffi::CStr = c"
import asyncio, warnings
import _native

async def main():
    try:
        async with _native.Eager():
            pass
    except TypeError as error:
        assert '__aenter__ that does not implement __await__' in str(error), error
    else:
        raise AssertionError('the object itself was taken')

asyncio.run(main())

class Subclass(_native.WithDel):
    pass

for make, warned in (_native.WithDel, 0), (Subclass, 1), (_native.WithDrop, 1):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        make()
        assert len(caught) == warned, (make, caught)
";
