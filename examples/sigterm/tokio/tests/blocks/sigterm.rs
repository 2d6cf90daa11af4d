//! Makes the module part of a program; a till writes its sales when it is closed, and when it is dropped.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(TILL_DRIVER, None, None))
}

const TILL_DRIVER: &std::ffi::CStr = c"
import asyncio, os, tempfile
import _native

def sales(path):
    with open(path) as file:
        return file.read()

async def main(path):
    till = _native.Till(path)
    await till.sell('coffee')
    assert sales(path) == ''
    assert await till.close() is None
    assert sales(path) == 'coffee\\n'
    try:
        await till.sell('tea')
    except ValueError as error:
        assert str(error) == 'the till is closed', error
    else:
        raise AssertionError('a closed till took a sale')

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(os.path.join(folder, 'sales')))
";
