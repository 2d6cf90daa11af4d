//! The block's own `main` runs its tests, with a stand-in for the crate that they test.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

mod pyo3_asyncio_testing_harness_tokio {
    use super::*;

    pub async fn add(a: i64, b: i64) -> PyResult<i64> {
        let sum = Python::with_gil(|py| {
            let locals = pyo3_asyncio::tokio::get_current_locals(py)
                .or_else(|_| pyo3_asyncio::async_std::get_current_locals(py))?;
            let sleep = py.import("asyncio")?.getattr("sleep")?;
            pyo3_asyncio::into_future_with_locals(&locals, sleep.call1((0, a + b))?)
        })?;
        let sum = sum.await?;
        Python::with_gil(|py| sum.extract(py))
    }
}

#[allow(unused_imports)]
use pyo3_asyncio_testing_harness_tokio as pyo3_asyncio_testing_harness_async_std;
