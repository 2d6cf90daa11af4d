//! Makes the module part of a program and waits in each of the ways.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(CHOOSE_DRIVER, None, None))
}

const CHOOSE_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    assert await _native.bridge(0.01) == 'tokio-rt-worker'
    assert await _native.entered(0.01) == 'MainThread'
    assert await asyncio.to_thread(_native.blocks, 0.01) != 'MainThread'
    assert _native.blocks(0.01) == 'MainThread'
    assert _native.counts() == (4, 4, 4), _native.counts()

asyncio.run(main())
";
