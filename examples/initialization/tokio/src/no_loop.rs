//! Fails: `#[tokio::main]` starts tokio alone, and no thread runs an event loop for Python.

use pyo3::prelude::*;

// ANCHOR: main
#[tokio::main]
async fn main() -> PyResult<()> {
    Python::initialize();
    let sleep = Python::attach(|py| {
        let coroutine = py.import("asyncio")?.call_method1("sleep", (1,))?;
        pyo3_async_runtimes::tokio::into_future(coroutine)
    })?;
    sleep.await?;
    Ok(())
}
// ANCHOR_END: main
