//! The file as a module; Python awaits Rust, and gets no result after the functions of `atexit`.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod runtime {
    // BLOCK
}

#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pyfunction]
    fn ready(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        pyo3_async_runtimes::tokio::future_into_py(py, async { Ok(None::<()>) })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}

fn main() -> pyo3::PyResult<()> {
    use pyo3::Python;
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(RUNTIME_FILE_DRIVER, None, None))
}

const RUNTIME_FILE_DRIVER: &std::ffi::CStr = c"
import asyncio, atexit
import _native

async def main():
    assert await _native.ready() is None
    atexit._run_exitfuncs()
    try:
        await asyncio.wait_for(_native.ready(), 0.1)
    except asyncio.TimeoutError:
        pass
    else:
        raise AssertionError('there was a result after the stop')

asyncio.run(main())
";
