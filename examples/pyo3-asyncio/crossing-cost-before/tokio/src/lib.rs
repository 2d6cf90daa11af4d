//! One call with the bridge of pyo3-asyncio 0.20, to measure what it costs beside that of today.

mod runtime;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_asyncio::tokio::future_into_py;
use tokio::sync::Semaphore;

#[pyfunction]
fn bridge(py: Python<'_>) -> PyResult<&PyAny> {
    future_into_py(py, async { Ok(None::<()>) })
}

/// Calls that wait here are in flight until `release` lets them go.
static GATE: Semaphore = Semaphore::const_new(0);

#[pyfunction]
fn bridge_held(py: Python<'_>) -> PyResult<&PyAny> {
    future_into_py(py, async {
        let closed = |error: tokio::sync::AcquireError| PyRuntimeError::new_err(error.to_string());
        GATE.acquire().await.map_err(closed)?.forget();
        Ok(None::<()>)
    })
}

#[pyfunction]
fn release(calls: usize) {
    GATE.add_permits(calls);
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    crate::runtime::set_up(py)?;
    module.add_function(wrap_pyfunction!(bridge, module)?)?;
    module.add_function(wrap_pyfunction!(bridge_held, module)?)?;
    module.add_function(wrap_pyfunction!(release, module)?)?;
    Ok(())
}
