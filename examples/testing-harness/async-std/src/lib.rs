//! Rust that awaits Python, tested by the harness of the bridge.

use pyo3::prelude::*;
use pyo3_async_runtimes::async_std::into_future;

/// Adds two numbers in Python, after an iteration of its event loop.
pub async fn add(a: i64, b: i64) -> PyResult<i64> {
    let sum = Python::attach(|py| {
        let sleep = py.import("asyncio")?.getattr("sleep")?;
        let sum = a.into_pyobject(py)?.add(b)?;
        into_future(sleep.call1((0, sum))?)
    })?;
    let sum = sum.await?;
    Python::attach(|py| sum.extract(py))
}
