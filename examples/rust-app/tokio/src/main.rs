//! A Rust program that awaits Python's `asyncio.sleep` on a tokio runtime.

use pyo3::prelude::*;

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let sleep = Python::attach(|py| {
        let coroutine = py
            .import("asyncio")?
            .call_method1("sleep", (1, "Python slept for a second"))?;
        pyo3_async_runtimes::tokio::into_future(coroutine)
    })?;

    let answer = sleep.await?;
    println!("{answer}");
    Ok(())
}
