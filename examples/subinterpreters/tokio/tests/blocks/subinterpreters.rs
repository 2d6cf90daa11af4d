//! Makes the module part of a program and awaits its `resolve` from Python.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> pyo3::PyResult<()> {
    pyo3::append_to_inittab!(_native);
    pyo3::Python::initialize();
    pyo3::Python::attach(|py| py.run(SUBINTERPRETERS_DRIVER, None, None))
}

const SUBINTERPRETERS_DRIVER: &std::ffi::CStr = c"
import asyncio, ipaddress
import _native

async def main():
    assert await _native.resolve('127.0.0.1') == ipaddress.IPv4Address('127.0.0.1')
    assert await _native.resolve('::1') == ipaddress.IPv6Address('::1')

asyncio.run(main())
";
