//! Does not compile: the future borrows a variable of the function.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

#[pyfunction]
fn greet(py: Python<'_>, name: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        yield_now().await;
        Ok(format!("Hello, {name}!"))
    })
}

fn main() {}
