//! A Rust sleep for the running loop, and one for a loop that is not running yet, with pyo3-asyncio.

mod runtime;

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_asyncio::async_std::{future_into_py, future_into_py_with_locals};
use pyo3_asyncio::TaskLocals;

// ANCHOR: rust_sleep
/// Starts a sleep of `seconds`, and returns a future of the running event loop.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<&PyAny> {
    future_into_py(py, sleep(seconds))
}

async fn sleep(seconds: f64) -> PyResult<Option<()>> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    async_std::task::sleep(duration).await;
    Ok(None)
}
// ANCHOR_END: rust_sleep

// ANCHOR: rust_sleep_on
/// Starts a sleep of `seconds`; the future that it returns is of `event_loop`, which need not run
/// yet.
#[pyfunction]
fn rust_sleep_on(event_loop: &PyAny, seconds: f64) -> PyResult<&PyAny> {
    let py = event_loop.py();
    let locals = TaskLocals::new(event_loop).copy_context(py)?;
    future_into_py_with_locals(py, locals, sleep(seconds))
}
// ANCHOR_END: rust_sleep_on

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    crate::runtime::set_up(py)?;
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(rust_sleep_on, module)?)?;
    Ok(())
}
