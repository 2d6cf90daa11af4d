//! A native module that sleeps in Rust, and that awaits Python in Rust.

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};

/// Starts a sleep of `seconds` on tokio and returns the asyncio future that ends with it.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    future_into_py(py, async move {
        tokio::time::sleep(duration).await;
        // Python gets `None`; the unit `()` would reach it as an empty tuple.
        Ok(None::<()>)
    })
}

/// Awaits `coro` in a Rust task; the asyncio future that it returns ends with the answer's length.
#[pyfunction]
fn length_of(coro: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = coro.py();
    let answer = into_future(coro)?;
    future_into_py(py, async move {
        let answer = answer.await?;
        Python::with_gil(|py| answer.bind(py).len())
    })
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(length_of, module)?)
}
