//! A Rust program on an async-std runtime that awaits its own Python file, with pyo3-asyncio.

use pyo3::prelude::*;

/// The program carries the file, so it needs no search path and no folder at run time.
const EXAMPLE: &str = include_str!("../example.py");

#[pyo3_asyncio::async_std::main]
async fn main() -> PyResult<()> {
    let answer = Python::with_gil(|py| {
        let example = PyModule::from_code(py, EXAMPLE, "example.py", "example")?;
        let coroutine = example.call_method1("py_sleep", (1,))?;
        pyo3_asyncio::async_std::into_future(coroutine)
    })?;

    println!("{}", answer.await?);
    Ok(())
}
