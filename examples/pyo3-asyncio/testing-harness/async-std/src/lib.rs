//! Rust that awaits Python, tested by the harness of pyo3-asyncio.

use pyo3::prelude::*;
use pyo3_asyncio::async_std::into_future;

/// Adds two numbers in Python, after an iteration of its event loop.
pub async fn add(a: i64, b: i64) -> PyResult<i64> {
    let sum = Python::with_gil(|py| {
        let sleep = py.import("asyncio")?.getattr("sleep")?;
        let sum = a.into_py(py).call_method1(py, "__add__", (b,))?;
        into_future(sleep.call1((0, sum))?)
    })?;
    let sum = sum.await?;
    Python::with_gil(|py| sum.extract(py))
}
