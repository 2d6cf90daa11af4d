//! Does not compile: the future takes a `Bound` with it.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

#[pyfunction]
fn call_later<'py>(py: Python<'py>, callback: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    future_into_py(py, async move {
        yield_now().await;
        callback.call0().map(Bound::unbind)
    })
}

fn main() {}
