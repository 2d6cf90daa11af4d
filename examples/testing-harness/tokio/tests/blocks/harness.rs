//! The block's own `main` runs its tests, with a stand-in for the crate that they test.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

mod testing_harness_tokio {
    use super::*;

    pub async fn add(a: i64, b: i64) -> PyResult<i64> {
        let sum = Python::attach(|py| {
            let locals = pyo3_async_runtimes::tokio::get_current_locals(py)
                .or_else(|_| pyo3_async_runtimes::async_std::get_current_locals(py))?;
            let sleep = py.import("asyncio")?.getattr("sleep")?;
            pyo3_async_runtimes::into_future_with_locals(&locals, sleep.call1((0, a + b))?)
        })?;
        let sum = sum.await?;
        Python::attach(|py| sum.extract(py))
    }
}

#[allow(unused_imports)]
use testing_harness_tokio as testing_harness_async_std;
