//! Makes the module part of a program; Python counts twice, on two runtimes.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(PARKED_DRIVER, None, None))
}

const PARKED_DRIVER: &std::ffi::CStr = c"
import os
import _native

assert [_native.count(os.devnull), _native.count(os.devnull)] == [0, 0]
";
