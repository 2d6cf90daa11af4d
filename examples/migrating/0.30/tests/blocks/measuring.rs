//! Makes the module part of a program; one function sleeps, the other awaits Python.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(MEASURING_DRIVER, None, None))
}

const MEASURING_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def answer(text):
    await asyncio.sleep(0)
    return text

async def main():
    assert await _native.rust_sleep(0.01) is None
    assert await _native.length_of(answer('twelve chars')) == 12

asyncio.run(main())
";
