//! Does not compile: the future borrows an argument.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

#[pyfunction]
fn greet<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    future_into_py(py, async move {
        yield_now().await;
        Ok(format!("Hello, {name}!"))
    })
}

fn main() {}
