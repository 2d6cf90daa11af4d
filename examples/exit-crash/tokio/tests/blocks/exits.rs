//! Makes the module part of a program; Python awaits a sleep, and threads of Rust attach.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(EXITS_DRIVER, None, None))
}

const EXITS_DRIVER: &std::ffi::CStr = c"
import asyncio
import _native

async def main():
    assert await _native.rust_sleep(0) is None

asyncio.run(main())
_native.attach_in_a_thread()
_native.try_attach_in_a_thread()
";
