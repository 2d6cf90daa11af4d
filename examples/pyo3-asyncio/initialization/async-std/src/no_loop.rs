//! Fails: `block_on` runs the Rust future alone, and no thread runs an event loop for Python.

use pyo3::prelude::*;

// ANCHOR: main
fn main() -> PyResult<()> {
    // `#[async_std::main]` stands for this call.
    async_std::task::block_on(async {
        pyo3::prepare_freethreaded_python();
        let sleep = Python::with_gil(|py| {
            let coroutine = py.import("asyncio")?.call_method1("sleep", (1,))?;
            pyo3_asyncio::async_std::into_future(coroutine)
        })?;
        sleep.await?;
        Ok(())
    })
}
// ANCHOR_END: main
