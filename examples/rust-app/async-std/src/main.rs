//! A Rust program that awaits Python's `asyncio.sleep` on an async-std runtime.

use pyo3::prelude::*;

#[pyo3_async_runtimes::async_std::main]
async fn main() -> PyResult<()> {
    let sleep = Python::attach(|py| {
        let coroutine = py
            .import("asyncio")?
            .call_method1("sleep", (1, "Python slept for a second"))?;
        pyo3_async_runtimes::async_std::into_future(coroutine)
    })?;

    let answer = sleep.await?;
    println!("{answer}");
    Ok(())
}
