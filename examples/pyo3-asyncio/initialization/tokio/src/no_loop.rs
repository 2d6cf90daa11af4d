//! Fails: `#[tokio::main]` starts tokio alone, and no thread runs an event loop for Python.

use pyo3::prelude::*;

// ANCHOR: main
#[tokio::main]
async fn main() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    let sleep = Python::with_gil(|py| {
        let coroutine = py.import("asyncio")?.call_method1("sleep", (1,))?;
        pyo3_asyncio::tokio::into_future(coroutine)
    })?;
    sleep.await?;
    Ok(())
}
// ANCHOR_END: main
