//! Makes the module part of a program, and calls what does not hang; a file lacks what is logged on another thread.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(LOGGING_MISTAKES_DRIVER, None, None))
}

const LOGGING_MISTAKES_DRIVER: &std::ffi::CStr = c"
import asyncio, os, tempfile
import _native

def lines(path):
    with open(path) as file:
        return [line.rpartition(': ')[2] for line in file.read().splitlines()]

async def main(path):
    stock = _native.Stock(10)
    assert await stock.take_locked(3) == 7
    assert stock.left() == stock.left_detached() == 7
    await _native.pack_lost(7, path)
    assert lines(path) == ['packing order=7']
    await _native.pack_kept(7, path)
    assert lines(path) == ['packing order=7', 'packed order=7']
    await _native.pack_with(7, path)
    assert lines(path) == ['packed order=7']

with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(os.path.join(folder, '7.log')))
";
