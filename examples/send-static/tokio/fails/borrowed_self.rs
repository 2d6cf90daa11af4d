//! Does not compile: the future borrows the object of the method.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::future_into_py;
use tokio::task::yield_now;

#[pyclass]
struct Counter {
    total: AtomicU64,
}

#[pymethods]
impl Counter {
    fn add<'py>(&self, py: Python<'py>, n: u64) -> PyResult<Bound<'py, PyAny>> {
        future_into_py(py, async move {
            yield_now().await;
            Ok(self.total.fetch_add(n, Ordering::Relaxed) + n)
        })
    }
}

fn main() {}
