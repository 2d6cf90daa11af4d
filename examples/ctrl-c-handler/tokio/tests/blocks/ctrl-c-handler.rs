//! Makes the module part of a program; Rust sees Ctrl-C, and the program that wants to die of it does not.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(CTRL_C_DRIVER, None, None))
}

const CTRL_C_DRIVER: &std::ffi::CStr = c"
import signal
import _native

signal.signal(signal.SIGINT, signal.SIG_DFL)
_native.watch_ctrl_c()
signal.raise_signal(signal.SIGINT)
while not _native.seen():
    pass
";
