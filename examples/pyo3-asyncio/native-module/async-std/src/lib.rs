//! A Python module whose `rust_sleep` is an async Rust function, with pyo3-asyncio.

mod runtime;

use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3_asyncio::async_std::future_into_py;

// ANCHOR: module
/// Starts a sleep of `seconds` on async-std and returns the asyncio future that ends with it.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<&PyAny> {
    let duration = Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;

    future_into_py(py, async move {
        async_std::task::sleep(duration).await;
        // Python gets `None`; the unit `()` would reach it as an empty tuple.
        Ok(None::<()>)
    })
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    crate::runtime::set_up(py)?;
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    Ok(())
}
// ANCHOR_END: module
