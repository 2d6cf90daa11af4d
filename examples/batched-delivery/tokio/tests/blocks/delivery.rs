//! The module beside the shown one; Python gets answers at once and later, cancels, and leaves an await.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

mod delivery {
    // BLOCK
}

use std::future::{pending, ready};

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;

#[pyfunction]
fn later(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    delivery::future_into_py(py, async move {
        tokio::task::yield_now().await;
        Ok(code)
    })
}

#[pyfunction]
fn at_once(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
    delivery::poll_first(py, ready(Ok(code)))
}

#[pyfunction]
fn never(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    delivery::future_into_py(py, pending::<PyResult<u64>>())
}

#[pyfunction]
fn tasks() -> usize {
    get_runtime().metrics().num_alive_tasks()
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(later, module)?)?;
    module.add_function(wrap_pyfunction!(at_once, module)?)?;
    module.add_function(wrap_pyfunction!(never, module)?)?;
    module.add_function(wrap_pyfunction!(tasks, module)?)
}

fn main() -> PyResult<()> {
    pyo3::append_to_inittab!(_native);
    Python::initialize();
    Python::attach(|py| py.run(DELIVERY_DRIVER, None, None))
}

const DELIVERY_DRIVER: &std::ffi::CStr = c"
import asyncio, sys
import _native

async def main():
    first = _native.at_once(3)
    assert first.done() and await first == 3
    codes = list(range(100))
    assert await asyncio.gather(*map(_native.later, codes)) == codes
    waiting = _native.never()
    waiting.cancel()
    while sys.platform != 'win32' and _native.tasks():
        await asyncio.sleep(0)
    _native.never()

asyncio.run(main())
";
