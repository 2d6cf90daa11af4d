//! A Rust program that awaits Python's `asyncio.sleep` on an async-std runtime, with pyo3-asyncio.

use pyo3::prelude::*;

#[pyo3_asyncio::async_std::main]
async fn main() -> PyResult<()> {
    let sleep = Python::with_gil(|py| {
        let coroutine = py
            .import("asyncio")?
            .call_method1("sleep", (1, "Python slept for a second"))?;
        pyo3_asyncio::async_std::into_future(coroutine)
    })?;

    let answer = sleep.await?;
    println!("{answer}");
    Ok(())
}
