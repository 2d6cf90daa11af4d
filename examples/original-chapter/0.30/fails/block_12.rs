//! Awaits a coroutine of the Python module `example`: block 12 of the chapter.

use pyo3::prelude::*;

#[pyo3_asyncio::tokio::main]
async fn main() -> PyResult<()> {
    let future = Python::with_gil(|py| -> PyResult<_> {
        let example = py.import("example")?;

        let coroutine = example.call_method0("py_sleep")?;

        pyo3_asyncio::tokio::into_future(coroutine)
    })?;

    future.await?;

    Ok(())
}
