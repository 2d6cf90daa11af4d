//! A Rust program that awaits Python's `asyncio.sleep` on a tokio runtime, with pyo3-asyncio.

use pyo3::prelude::*;

#[pyo3_asyncio::tokio::main]
async fn main() -> PyResult<()> {
    let sleep = Python::with_gil(|py| {
        let coroutine = py
            .import("asyncio")?
            .call_method1("sleep", (1, "Python slept for a second"))?;
        pyo3_asyncio::tokio::into_future(coroutine)
    })?;

    let answer = sleep.await?;
    println!("{answer}");
    Ok(())
}
