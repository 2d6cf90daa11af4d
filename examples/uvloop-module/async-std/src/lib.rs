//! A Rust sleep whose result goes to any loop that awaits it, uvloop's too.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::time::Duration;

    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3_async_runtimes::async_std::future_into_py;

    // ANCHOR: rust_sleep
    /// Starts a sleep of `seconds`, and returns a future of the running event loop.
    #[pyfunction]
    fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, sleep(seconds))
    }

    async fn sleep(seconds: f64) -> PyResult<Option<()>> {
        let duration = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        async_std::task::sleep(duration).await;
        Ok(None)
    }
    // ANCHOR_END: rust_sleep

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
